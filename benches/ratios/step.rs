//! What a step of YAML costs over the bare statement: polyspec's steps against a loop over tokio-postgres that sends the same
//! statements, on connections of the same role to the same server.

use std::fmt::Write as _;
use std::time::Instant;

use polyspec::internal::NodeDescription;
use tokio_postgres::Client;

use crate::measure::{Measured, go_on, median, runtime};
use crate::peer;
use crate::suite::{ONE_PEER, Suite, node};
use crate::table::{Table, Target};

/// Statements of each kind.
const STATEMENTS: usize = 2000;

const TABLE: &str = "CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(10, 2))";

/// Seconds for all queries and for all inserts.
type Seconds = [f64; 2];

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let mut suite = Suite::new(ONE_PEER)?;
    suite.write("scenarios/steps.yaml", &scenario())?;
    let cluster = suite.up()?;
    let node = node(&cluster, "pg.solo")?;
    let runtime = runtime()?;
    let mut seen: Vec<[Seconds; 3]> = vec![];
    // Once more than counted: the first finds cold caches on either side.
    for _ in 0..=repetitions {
        let ours = ours(&suite)?;
        seen.push([ours, runtime.block_on(bare(node, Way::Extended))?, runtime.block_on(bare(node, Way::Simple))?]);
    }
    let counted = &seen[1..];
    for (kind, name) in ["a query with a row", "an insert with affected"].iter().enumerate() {
        for (way, call) in [(1, ["query", "execute"][kind]), (2, "simple_query")] {
            let of = |side: usize| counted.iter().map(|run| run[side][kind]).collect::<Vec<f64>>();
            let more: Vec<f64> = of(0).iter().zip(of(way)).map(|(ours, bare)| (ours / bare - 1.0) * 100.0).collect();
            let each = |side: usize| median(&of(side)) * 1e6 / STATEMENTS as f64;
            let target = if way == 1 { Target::AtMost(15.0) } else { Target::None };
            let sides = format!("{:.0} : {:.0} us", each(0), each(way));
            table.add(format!("step: {name}, over {call}"), sides, median(&more), "%", target);
        }
    }
    Ok(())
}

fn select(id: usize) -> String {
    format!("SELECT id, name, price FROM item WHERE id = {id}")
}

fn insert(id: usize) -> String {
    let id = id + STATEMENTS;
    format!("INSERT INTO item VALUES ({id}, 'item {id}', {id}.25)")
}

fn fill() -> String {
    format!("INSERT INTO item SELECT g, 'item ' || g, g + 0.25 FROM generate_series(1, {STATEMENTS}) g")
}

/// The server's clock is read between the two kinds of steps; the last step fails on purpose, since what a step saw is told
/// only when it fails.
fn scenario() -> String {
    let clock = "SELECT extract(epoch FROM clock_timestamp())";
    let mut text = String::from("scenario: Steps\nrequirements: [B1]\nsteps:\n");
    let _ = write!(text, "  - sql: {TABLE}\n  - sql: {}\n", fill());
    let _ = write!(text, "  - sql: {clock}\n    save: {{ begun: value }}\n");
    for id in 1..=STATEMENTS {
        let _ = write!(text, "  - sql: {}\n    expect: {{ rows: [[{id}, item {id}, {id}.25]] }}\n", select(id));
    }
    let _ = write!(text, "  - sql: {clock}\n    save: {{ middle: value }}\n");
    for id in 1..=STATEMENTS {
        let _ = write!(text, "  - sql: {}\n    expect: {{ affected: 1 }}\n", insert(id));
    }
    let _ = write!(
        text,
        "  - sql: SELECT concat(${{middle}}::numeric - ${{begun}}::numeric, ' ', \
         extract(epoch FROM clock_timestamp()) - ${{middle}}::numeric)\n    expect: {{ value: two times }}\n"
    );
    text
}

fn ours(suite: &Suite) -> Measured<Seconds> {
    let told = suite.run(&["--jobs", "1"])?.told_value()?;
    let (queries, inserts) = told.split_once(' ').ok_or_else(|| format!("these are not two times: {told}"))?;
    Ok([queries.parse()?, inserts.parse()?])
}

#[derive(Clone, Copy)]
enum Way {
    /// What an ordinary user writes.
    Extended,
    /// One message there and one back.
    Simple,
}

async fn bare(node: &NodeDescription, way: Way) -> Measured<Seconds> {
    go_on()?;
    peer::fresh_database(node, "bare").await?;
    let client = peer::connect(node.app_url.as_deref().unwrap_or(&node.admin_url), Some("bare")).await?;
    client.batch_execute(TABLE).await?;
    client.batch_execute(&fill()).await?;
    // A task of its own, as polyspec's scenarios are not on the thread that blocks on the runtime either.
    let work = tokio::spawn(async move {
        let begun = Instant::now();
        queries(&client, way).await?;
        let middle = Instant::now();
        inserts(&client, way).await?;
        Ok::<Seconds, tokio_postgres::Error>([(middle - begun).as_secs_f64(), middle.elapsed().as_secs_f64()])
    });
    Ok(work.await??)
}

async fn queries(client: &Client, way: Way) -> Result<(), tokio_postgres::Error> {
    for id in 1..=STATEMENTS {
        let rows = match way {
            Way::Extended => client.query(&select(id), &[]).await?.len(),
            Way::Simple => client.simple_query(&select(id)).await?.len() - 2,
        };
        assert_eq!(rows, 1, "a query returns its row");
    }
    Ok(())
}

async fn inserts(client: &Client, way: Way) -> Result<(), tokio_postgres::Error> {
    for id in 1..=STATEMENTS {
        match way {
            Way::Extended => drop(client.execute(&insert(id), &[]).await?),
            Way::Simple => drop(client.simple_query(&insert(id)).await?),
        }
    }
    Ok(())
}
