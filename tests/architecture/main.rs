//! Holds the map of the house against the source: which room may use which, and which rooms alone may touch drivers,
//! processes, the environment and files. A new arrow fails here with its file and line, so that somebody decides it.
//!
//! Code under `#[cfg(test)]` is left out: a test may stand in other rooms to make its input.

mod paths;

use std::path::{Path, PathBuf};

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
    ("cluster", &["model", "source"], "servers are described by the topology of the model"),
    (
        "backend",
        &["catalog", "explain", "language", "model", "observation", "source", "variables"],
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
    (
        "report",
        &["event", "source", "tally", "verdict"],
        "consumes events and asks nothing back; source makes text visible",
    ),
    (
        "grade",
        &["catalog", "engine", "event", "model", "source", "system", "variables", "verdict"],
        "systems and their catalogs in, scorecards out; names in statements are quoted by variables",
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
    ("lib", &[], "only names the rooms"),
    ("main", &["cli", "cluster", "exit"], "reads the environment once and hands it on"),
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
