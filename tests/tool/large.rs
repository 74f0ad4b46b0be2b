//! Results of any size cost little memory: what nothing can use is counted, and of a huge cell the beginning is kept.

use libtest_mimic::Trial;

use crate::suite::Suite;
use crate::trials;

/// The most memory that a run may have resident, in KiB.
const MOST: u64 = 100 * 1024;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![a_million_rows_and_a_cell_of_a_quarter_of_a_gigabyte_cost_little_memory, a_huge_cell_is_still_told_apart]
}

const LARGE: &str = "  - sql: SELECT g, md5(g::text) FROM generate_series(1, 1000000) g
    expect: { empty: false, affected: 1000000 }
  - sql: SELECT repeat('x', 250000000)
    expect: { value: { $$ne: short } }
  - mongo: { aggregate: stock, pipeline: [{ $project: { n: { $range: [0, 300000] } } }, { $unwind: $n }] }
    expect: { empty: false }
  - sql: SELECT g, md5(g::text) FROM generate_series(1, 1000000) g
    save: { last: count }
  - sql: SELECT ${last}
    expect: { value: 1000000 }";

fn a_million_rows_and_a_cell_of_a_quarter_of_a_gigabyte_cost_little_memory() {
    let (ended, peak) = Suite::shared().kit().scenario("large", LARGE).start(&["run"]).wait_with_peak();
    ended.exits(0);
    assert!((1..MOST).contains(&peak), "{peak} KiB were resident");
}

fn a_huge_cell_is_still_told_apart() {
    let differs = "  - on: [pg.a, pg.b]
    sql: SELECT repeat('x', 17000000) || current_setting('port')
    expect: { agree: false }
  - on: [pg.a, pg.b]
    sql: SELECT repeat('x', 17000000)
    expect: { agree: true }";
    Suite::shared().kit().scenario("apart", differs).run(&["run"]).exits(0);
}
