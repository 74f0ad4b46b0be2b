//! A recorded run with every kind of event and of verdict in it, for the tests of this room.

use crate::event::{Event, Stamped, Summary, VERSION};
use crate::tally::Tally;
use crate::verdict::{Diff, DiffLine, DiffSide, Evidence, Place, Verdict};

/// The events, stamped from 0 on, a tenth of a second apart.
pub fn run() -> Vec<Stamped> {
    let mut events = begin();
    events.extend(ends());
    events.push(Event::GoldensUnused { paths: vec!["golden/old.golden".into()] });
    events.push(Event::Interrupted);
    let mut tally = Tally::new();
    events.iter().for_each(|event| tally.note(event));
    events.push(Event::RunFinished { summary: tally.summary(8_240) });
    stamp(events)
}

/// The events with their numbers and times.
pub fn stamp(events: Vec<Event>) -> Vec<Stamped> {
    let stamped = |(sequence, event)| Stamped { version: VERSION, sequence, at_ms: sequence * 100, event };
    (0..).zip(events).map(stamped).collect()
}

fn begin() -> Vec<Event> {
    let ids = ["P2.3", "P2.4", "P2.5", "P2.7", "P3.1", "P4.1", "P4.3"];
    vec![
        Event::RunStarted {
            suite: "e-commerce".into(),
            started: "2026-03-01T12:00:00Z".into(),
            selected: 9,
            filtered_out: 3,
            jobs: 2,
            seed: 42,
            requirements: ids.iter().map(|id| (id.to_string(), String::new())).collect(),
        },
        Event::ServerNotice { message: "PostgreSQL 18.1 from /usr/lib/postgresql/18".into() },
        Event::Download { name: "mongodb-6.0.19".into(), done: 0, total: Some(74_500_000) },
        Event::Download { name: "mongodb-6.0.19".into(), done: 74_500_000, total: Some(74_500_000) },
        Event::ServersReady { nodes: vec!["pg.apj".into(), "pg.emea".into()], owned: true, elapsed_ms: 1_530 },
        Event::Warning { message: "pg.emea has ended: the servers of pg are brought back".into() },
        Event::Progress { what: "pg.apj".into(), done: 20_000, total: 120_000 },
        Event::SystemReady { system: "fixtures/ecommerce".into(), elapsed_ms: 870 },
        Event::ScenarioStarted { name: "p2/fragments.yaml#2".into() },
        Event::LagMeasured { name: "p2/peers.yaml".into(), place: "scenarios/p2/peers.yaml:14".into(), lag_ms: 41.3 },
    ]
}

fn ends() -> Vec<Event> {
    vec![
        end("p2/peers.yaml", "A write reaches every peer", &["P2.7"], Verdict::Pass),
        failed(),
        golden(),
        broken(),
        end(
            "p4/set.yaml",
            "One primary, two secondaries",
            &["P4.1"],
            Verdict::Skip { reason: "needs mongo members >= 3, and the topology has 1".into() },
        ),
        end(
            "p4/orders.yaml",
            "Stock never goes negative",
            &["P4.3"],
            Verdict::Inconclusive { reason: "no transaction committed".into() },
        ),
        end(
            "p2/move.yaml",
            "A price moves its row",
            &["P2.5"],
            Verdict::ExpectedFailure {
                reason: "the trigger is not written".into(),
                evidence: vec![Evidence { message: "the value is another".into(), ..Evidence::default() }],
            },
        ),
        end(
            "p3/index.slt",
            "The index is there",
            &["P3.1"],
            Verdict::UnexpectedPass { reason: "waits for the index".into() },
        ),
    ]
}

/// The end of a run that took 1.25 s.
pub fn end(name: &str, title: &str, requirements: &[&str], verdict: Verdict) -> Event {
    Event::ScenarioFinished {
        name: name.into(),
        title: title.into(),
        requirements: requirements.iter().map(|id| id.to_string()).collect(),
        tags: vec![],
        verdict,
        elapsed_ms: 1_250.0,
        server_ms: 900.0,
        copy_ms: 100.0,
        steps: 3,
        pending: vec![],
        kept: vec![],
        rerun: format!("polyspec run {name}"),
    }
}

fn failed() -> Event {
    let rows = Evidence {
        message: "the query returned other rows".into(),
        place: Some(place(
            9,
            31,
            5,
            &[
                "  - sql: SELECT name, price FROM products",
                "    expect: { rows_unordered: [[Lamp, 10.00], [Chair, 20.00]] }",
            ],
        )),
        node: Some("pg.apj".into()),
        diff: Some(rows_diff()),
        notes: vec!["price = 10.00".into(), "seen twice,\nthe second time alike".into()],
        ..Evidence::default()
    };
    let value = Evidence {
        message: "the value is another".into(),
        place: Some(place(12, 22, 1, &["  - sql: SELECT count(*) FROM products", "    expect: { value: 3 }"])),
        expected: Some("3".into()),
        actual: Some("4".into()),
        ..Evidence::default()
    };
    let mut event = end(
        "p2/fragments.yaml#2",
        "Each product lands in one fragment",
        &["P2.3", "P2.4"],
        Verdict::Fail { evidence: vec![rows, value] },
    );
    if let Event::ScenarioFinished { kept, .. } = &mut event {
        kept.push("pg.apj  psql -h 127.0.0.1 -p 40001 -d run_7".into());
    }
    event
}

fn golden() -> Event {
    let code = Evidence {
        message: "the statement was refused".into(),
        place: Some(Place { file: "scenarios/p2/gone.yaml".into(), line: 3, column: 1, width: 1, excerpt: vec![] }),
        node: Some("mongo".into()),
        code: Some("23505 unique_violation".into()),
        expected: Some("{\n  \"n\": 1\n}".into()),
        actual: Some("\x1b[2J\u{202e}<&]]>\0".into()),
        ..Evidence::default()
    };
    let mut event = end("p2/gone.yaml", "The report is as recorded", &["P2.4"], Verdict::Fail { evidence: vec![code] });
    if let Event::ScenarioFinished { pending, .. } = &mut event {
        pending.push("golden/p2/gone.golden.pending".into());
    }
    event
}

fn broken() -> Event {
    let evidence = Evidence { message: "pg.emea does not answer".into(), ..Evidence::default() };
    end("p2/heal.yaml", "A peer catches up", &["P2.7"], Verdict::Error { evidence: vec![evidence] })
}

fn rows_diff() -> Diff {
    let line = |side, text: &str, marks: &[(usize, usize)]| DiffLine { side, text: text.into(), marks: marks.to_vec() };
    Diff {
        header: Some("name  | price".into()),
        lines: vec![
            line(DiffSide::Same, "Lamp  | 10.00", &[]),
            line(DiffSide::Gap, "12 equal rows", &[]),
            line(DiffSide::Missing, "Chair | 20.00", &[(8, 13)]),
            line(DiffSide::Extra, "Chair | 20.01", &[(8, 13)]),
            line(DiffSide::Extra, "Desk  | 99.00", &[]),
        ],
        omitted: 7,
    }
}

/// A place whose excerpt ends at `line`.
fn place(line: usize, column: usize, width: usize, lines: &[&str]) -> Place {
    let first = line + 1 - lines.len();
    let excerpt = (first..).zip(lines.iter().map(|text| text.to_string())).collect();
    Place { file: "scenarios/p2/fragments.yaml".into(), line, column, width, excerpt }
}

/// The end of a run in which nothing happened.
pub fn nothing() -> Event {
    Event::RunFinished { summary: Summary::default() }
}
