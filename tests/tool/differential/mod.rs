//! The judge against the servers: random values and near misses of every type, compared by both. A part of them is always
//! looked at; `POLYSPEC_DIFFERENTIAL=200000` looks at so many pairs, `POLYSPEC_SEED` begins elsewhere.
//! What the judge decides otherwise on purpose is listed in `docs/language.md` and is not generated here.

mod dates;
mod documents;
mod mongo;
mod postgres;
mod values;

use libtest_mimic::Trial;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Pairs that are always looked at.
const PAIRS: usize = 6_000;

/// Disagreements that a message shows.
const SHOWN: usize = 40;

/// All tests of this file.
pub fn trials() -> Vec<Trial> {
    crate::trials![postgresql_and_the_judge_agree, mongodb_and_the_judge_agree]
}

fn postgresql_and_the_judge_agree() {
    let _cluster = crate::world::shared();
    report(postgres::disagreements(number("POLYSPEC_DIFFERENTIAL", PAIRS) * 3 / 4, &mut source()));
}

fn mongodb_and_the_judge_agree() {
    let _cluster = crate::world::shared();
    report(mongo::disagreements(number("POLYSPEC_DIFFERENTIAL", PAIRS) / 4, &mut source()));
}

fn source() -> StdRng {
    StdRng::seed_from_u64(number("POLYSPEC_SEED", 1) as u64)
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

#[track_caller]
fn report(found: Vec<String>) {
    let shown = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} disagreements:\n{shown}", found.len());
}
