//! Holds the map of the house against the source: which room may use which, and which rooms alone may touch drivers,
//! processes, the environment and files. A new arrow fails here with its file and line, so that somebody decides it.
//!
//! Code under `#[cfg(test)]` is left out: a test may stand in other rooms to make its input.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod circles;
mod paths;

use std::path::{Path, PathBuf};

use circles::{Circle, circles};
use paths::{Source, read_sources};

/// A room, the rooms that it may use, and why. `*` is every room but `main`.
const ARROWS: &[(&str, &[&str], &str)] = &[
    ("source", &[], "text and spans know of nothing else"),
    ("model", &["source"], "meaning has a place"),
    ("catalog", &["model"], "what servers have, by the names of their nodes"),
    ("variables", &["model", "source"], "fills templates of the model; an unknown name is told at its place"),
    ("generate", &["model", "source", "variables"], "seeded rows as pure functions of the model's description"),
    ("explain", &[], "raw EXPLAIN to a plan tree, pure"),
    ("observation", &["explain"], "a plan is one of the things that come back"),
    ("verdict", &["source"], "evidence keeps the place with its lines, so that a report needs no file"),
    ("event", &["verdict"], "the end of a run carries its verdict"),
    ("tally", &["event", "verdict"], "folds events into a summary"),
    ("exit", &["event"], "the exit code follows from the summary"),
    (
        "language",
        &["model", "source", "variables"],
        "text to model; no files, network, processes or environment; variables knows what a value of Extended JSON is",
    ),
    ("suite", &["language", "model", "source"], "reads the suite's files through the language"),
    ("cluster", &["model"], "servers are described by the topology of the model"),
    (
        "backend",
        &["catalog", "explain", "language", "model", "observation", "variables"],
        "statements in, observations and catalogs out; the lexical scanner of SQL is language's",
    ),
    (
        "judge",
        &["explain", "model", "observation", "source", "variables", "verdict"],
        "expectation and observation to verdict",
    ),
    ("system", &["backend", "model"], "templates of built systems on live servers, and the copies that scenarios get"),
    (
        "engine",
        &[
            "backend",
            "catalog",
            "event",
            "generate",
            "judge",
            "language",
            "model",
            "observation",
            "source",
            "system",
            "tally",
            "variables",
            "verdict",
        ],
        "carries scenarios out; asks for files and faults through its `Host`; never knows a report",
    ),
    ("grade", &["model", "source", "verdict"], "what was examined, and the points that the register gives for it"),
    (
        "report",
        &["event", "grade", "source", "tally", "verdict"],
        "consumes events and gradings and asks nothing back; source makes text visible",
    ),
    (
        "mutation",
        &["catalog", "engine", "event", "generate", "language", "model", "source", "system", "variables", "verdict"],
        "systems and their catalogs in, a summary out; code of databases is cut by the scanner of language, names in statements are quoted by variables, samples are drawn by the numbers of generate",
    ),
    (
        "run",
        &[
            "backend",
            "cluster",
            "engine",
            "event",
            "generate",
            "grade",
            "mutation",
            "judge",
            "model",
            "observation",
            "source",
            "suite",
            "system",
            "verdict",
        ],
        "wires suite, servers and engine; both faces stand on it",
    ),
    (
        "conformance",
        &["cluster", "engine", "event", "exit", "report", "run", "source", "suite", "verdict"],
        "the face that cargo test sees",
    ),
    ("cli", &["*"], "the face that people see"),
    ("internal", &["*"], "what the program, tests and benchmarks of the repository use"),
    ("lib", &[], "only names the rooms"),
    ("main", &["internal"], "reads the environment once and hands it on"),
];

/// What only some rooms may touch: paths by their beginning, the rooms, and why.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&["tokio_postgres", "postgres_types", "mongodb"], &["backend"], "drivers are imported by backend alone"),
    (
        &["std::process::Command", "process::Command", "std::process::Child", "tokio::process"],
        &["cluster"],
        "processes are spawned by cluster alone",
    ),
    (&["std::env", "env"], &["conformance", "main"], "the environment is read once, by the face, and handed on"),
];

/// Parts of `std::env` that read nothing of the environment.
const HARMLESS: &[&str] = &[
    "std::env::consts",
    "std::env::split_paths",
    "std::env::join_paths",
    "env::consts",
    "env::split_paths",
    "env::join_paths",
];

/// Rooms that touch neither files nor sockets nor a runtime.
const PURE: &[&str] = &[
    "source",
    "model",
    "variables",
    "generate",
    "explain",
    "observation",
    "verdict",
    "event",
    "tally",
    "exit",
    "language",
    "judge",
    "grade",
];

/// What a pure room does not use. (A thread is no effect: `language` reads YAML on one with a larger stack.)
const IMPURE: &[&str] = &["std::fs", "fs", "std::net", "tokio", "futures", "tempfile", "nix", "zip"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn allowed(from: &str, to: &str) -> bool {
    let row = ARROWS.iter().find(|(room, ..)| *room == from);
    row.is_some_and(|(_, rooms, _)| from == to || rooms.contains(&to) || (rooms.contains(&"*") && to != "main"))
}

fn begins_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every arrow of the sources that the table does not have.
fn new_arrows(sources: &[Source]) -> Vec<String> {
    let rooms: Vec<_> = ARROWS.iter().map(|(room, ..)| *room).collect();
    let mut found = vec![];
    for source in sources {
        for (path, line) in source.paths() {
            let Some(to) = source.room_of(&path, &rooms) else { continue };
            if !allowed(&source.room, &to) {
                found.push(format!("{}:{line}: `{}` uses `{to}` ({path})", source.name, source.room));
            }
        }
    }
    found
}

/// Every use of something that is reserved for another room.
fn trespasses(sources: &[Source]) -> Vec<String> {
    let mut found = vec![];
    for source in sources {
        for (path, line) in source.paths() {
            if path == "std::env" || HARMLESS.iter().any(|prefix| begins_with(&path, prefix)) {
                continue;
            }
            let reserved = RESERVED.iter().find(|(prefixes, rooms, _)| {
                !rooms.contains(&source.room.as_str()) && prefixes.iter().any(|prefix| begins_with(&path, prefix))
            });
            if let Some((.., why)) = reserved {
                found.push(format!("{}:{line}: `{path}`: {why}", source.name));
            }
            if PURE.contains(&source.room.as_str()) && IMPURE.iter().any(|prefix| begins_with(&path, prefix)) {
                found.push(format!("{}:{line}: `{path}`: `{}` is pure", source.name, source.room));
            }
        }
    }
    found
}

#[test]
fn no_arrow_is_drawn_that_nobody_decided() {
    let found = new_arrows(&read_sources(&root()));
    assert!(found.is_empty(), "add the arrow to the table with its reason, or take it away:\n{}", found.join("\n"));
}

#[test]
fn drivers_processes_files_and_the_environment_stay_in_their_rooms() {
    let found = trespasses(&read_sources(&root()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let known: Vec<_> = ARROWS.iter().map(|(room, ..)| *room).collect();
    let sources = read_sources(&root());
    let unknown: Vec<_> = sources.iter().filter(|source| !known.contains(&source.room.as_str())).collect();
    assert!(unknown.is_empty(), "not in the table: {:?}", unknown.iter().map(|s| &s.name).collect::<Vec<_>>());
    assert!(sources.len() > 10, "the sources were not found");
}

#[test]
fn the_table_has_no_ways_round_in_a_circle() {
    let sorted = ARROWS.iter().enumerate().all(|(index, (from, rooms, _))| {
        rooms.iter().all(|to| *to == "*" || ARROWS[..index].iter().any(|(room, ..)| room == to) || *from == "main")
    });
    assert!(sorted, "a room may use only rooms that stand above it in the table");
}

fn of(name: &str, text: &str) -> Vec<Source> {
    vec![Source::new(name, text)]
}

#[test]
fn an_arrow_is_found_in_every_way_of_writing_it() {
    let ways = [
        ("report/terminal.rs", "use crate::engine::Run;"),
        ("report/terminal.rs", "use crate::{event::Event, engine::{self}};"),
        ("report/terminal.rs", "fn f() { let x = crate::engine::run(); }"),
        ("report/terminal.rs", "use super::super::engine;"),
        ("report/mod.rs", "use super::engine::Run;"),
        ("report/terminal.rs", "use ::polyspec::engine::Run;"),
        ("report/terminal.rs", "pub(in crate::report) use crate\n    ::engine::Run;"),
    ];
    for (name, text) in ways {
        let found = new_arrows(&of(name, text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains("`report` uses `engine`"), "{found:?}");
    }
}

#[test]
fn the_line_of_an_arrow_is_told() {
    let found =
        new_arrows(&of("judge/rows.rs", "//! Rows.\n\nuse crate::model::Value;\nuse crate::backend::Session;\n"));
    assert_eq!(found, ["src/judge/rows.rs:4: `judge` uses `backend` (crate::backend::Session)"]);
}

#[test]
fn comments_texts_and_tests_draw_no_arrows() {
    let text = r##"
        // use crate::engine;
        /* crate::engine /* nested */ crate::engine */
        const A: &str = "crate::engine \" crate::engine";
        const B: &str = r#"crate::engine"#;
        const C: char = '"'; const D: char = '\'';
        fn f<'a>(x: &'a str) {}
        #[cfg(test)]
        use crate::engine::Run;
        #[cfg(test)]
        mod tests { use crate::engine::Run; fn g() { std::env::var("X"); } }
    "##;
    assert_eq!(new_arrows(&of("judge/rows.rs", text)), Vec::<String>::new());
    assert_eq!(trespasses(&of("judge/rows.rs", text)), Vec::<String>::new());
}

#[test]
fn a_driver_a_process_and_the_environment_are_found() {
    let ways = [
        ("engine/run.rs", "use mongodb::Client;"),
        ("engine/run.rs", "use std::{io, process::{Command, ExitCode}};"),
        ("backend/pg.rs", "let x = tokio::process::Command::new(\"x\");"),
        ("suite/mod.rs", "use std::env; fn f() { env::var(\"X\"); }"),
        ("judge/rows.rs", "fn f() { std::fs::read(\"x\"); }"),
    ];
    for (name, text) in ways {
        assert_eq!(trespasses(&of(name, text)).len(), 1, "{text}");
    }
    assert!(trespasses(&of("cluster/pins.rs", "fn f() { std::env::consts::OS; }")).is_empty());
    assert!(trespasses(&of("exit.rs", "use std::process::ExitCode;")).is_empty());
    assert!(trespasses(&of("backend/pg.rs", "use tokio_postgres::Client;")).is_empty());
}

/// Files that use one another because what they do is recursive, and why.
const RECURSION: &[(&[&str], &str)] = &[
    (&["judge/alternatives.rs", "judge/mod.rs"], "an alternative is an expectation, and is judged as one"),
    (&["judge/cell.rs", "judge/parts.rs"], "a value of SQL has parts, and they are values"),
    (
        &["judge/key_order.rs", "judge/matching.rs", "judge/operator.rs"],
        "operators hold values, and values hold operators, with and without an order of keys",
    ),
    (&["language/yaml/keys.rs", "language/yaml/keys_workload.rs"], "a workload is a step and has steps"),
    (&["model/step.rs", "model/workload.rs"], "a workload is a step and has steps"),
];

/// Circles that are no recursion and stand from before this was looked at. The list may only become shorter.
const STANDING: &[&[&str]] = &[
    &["backend/mongo/client.rs", "backend/mongo/limit.rs", "backend/mongo/user.rs"],
    &["backend/pg/explain.rs", "backend/pg/losing.rs", "backend/pg/session.rs"],
    &["backend/pg/node.rs", "backend/pg/role.rs"],
    &["backend/pg/wire/collect.rs", "backend/pg/wire/encoding.rs", "backend/pg/wire/exchange.rs"],
    &["cluster/server/mod.rs", "cluster/server/mongo.rs", "cluster/server/postgres.rs"],
    &["judge/error.rs", "judge/own.rs"],
    &["language/yaml/ambiguous.rs", "language/yaml/decoder.rs"],
    &["run/endpoints.rs", "run/host.rs", "run/jobs.rs", "run/mod.rs", "run/servers.rs"],
];

#[test]
fn files_use_one_another_in_no_circle_but_true_recursion() {
    let found = circles(&read_sources(&root()));
    let files = RECURSION.iter().map(|(files, _)| *files).chain(STANDING.iter().copied());
    let declared: Vec<Circle> = files.map(|files| files.iter().map(|file| format!("src/{file}")).collect()).collect();
    let new: Vec<_> = found.iter().filter(|circle| !declared.contains(circle)).collect();
    assert!(new.is_empty(), "move what both need to a file of its own; true recursion is declared:\n{new:#?}");
    let gone: Vec<_> = declared.iter().filter(|circle| !found.contains(circle)).collect();
    assert!(gone.is_empty(), "these are no circles any more, and need not be declared:\n{gone:#?}");
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let sources = read_sources(&root());
    let rooms: Vec<_> = ARROWS.iter().map(|(room, ..)| *room).collect();
    let used = |from: &str, to: &str| {
        let of_room = sources.iter().filter(|source| source.room == from);
        of_room
            .flat_map(|source| source.paths().into_iter().map(move |(path, _)| (source, path)))
            .any(|(source, path)| source.room_of(&path, &rooms).as_deref() == Some(to))
    };
    let arrows = ARROWS.iter().flat_map(|(from, to, _)| to.iter().map(move |to| (*from, *to)));
    let unused: Vec<_> = arrows.filter(|(from, to)| *to != "*" && !used(from, to)).collect();
    assert!(unused.is_empty(), "nobody uses these, so take them out of the table: {unused:?}");
}

#[test]
fn a_circle_is_found_in_every_way_of_drawing_it() {
    let a = |text: &str| Source::new("engine/a.rs", text);
    let b = |text: &str| Source::new("engine/b.rs", text);
    let room = |text: &str| Source::new("engine/mod.rs", text);
    let plain = || room("mod a; mod b; pub use a::One; pub(super) use b::{two as second};");
    let ways = [
        ("use super::b::two; pub struct One;", "use super::a::One; pub fn two() {}"),
        ("use super::second; pub struct One;", "use super::One; pub fn two() {}"),
        ("use super::b; pub struct One; fn f() { b::two() }", "pub fn two() { crate::engine::One }"),
        ("pub struct One; fn f() { super::b::two() }", "use crate::engine::{self, One}; pub fn two() {}"),
        (
            "use super::b::{self as other}; pub struct One; fn f() { other::two() }",
            "use super::*; fn two() { super::a::One }",
        ),
    ];
    for (one, two) in ways {
        let found = circles(&[plain(), a(one), b(two)]);
        assert!(
            found.iter().any(|circle| circle.contains("src/engine/a.rs") && circle.contains("src/engine/b.rs")),
            "{one} {two}: {found:?}"
        );
    }
}

#[test]
fn what_a_room_hands_on_and_what_only_tests_use_draws_no_circle() {
    let room = Source::new("engine/mod.rs", "mod a; mod b; pub use a::One; pub use b::two;");
    let a = Source::new("engine/a.rs", "use super::two; pub struct One; fn f() { two() }");
    let b = Source::new("engine/b.rs", "pub fn two() {}\n#[cfg(test)]\nmod tests { use super::super::One; }");
    assert_eq!(circles(&[room, a, b]), Vec::<Circle>::new());
}
