//! The kit: files that must be refused with exactly the message beside them, the examples of the language, and hostile input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use sqllogictest::Record;

use super::{Parsed, requirements, scenario, settings, survivors, system};
use crate::model::{Body, Scenario};
use crate::snapshot::{KIT, compare};
use crate::source::{Diagnostic, SourceFile};

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kit/invalid")
}

fn no_file(name: &str) -> io::Result<Arc<SourceFile>> {
    Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no {name}")))
}

fn from_kit(name: &str) -> io::Result<Arc<SourceFile>> {
    Ok(SourceFile::new(name, fs::read_to_string(kit().join(name))?))
}

fn parse(name: &str, text: &str) -> Result<Parsed<Scenario>, Vec<Diagnostic>> {
    scenario(&SourceFile::new(name, text), name, &no_file)
}

/// Everything that is said about a file of the kit. The first part of its name says what kind of file it is.
fn said(name: &str, text: &str) -> String {
    let file = SourceFile::new(name, text);
    let warnings = |result: Result<Vec<Diagnostic>, Vec<Diagnostic>>| result.unwrap_or_else(|errors| errors);
    let diagnostics = warnings(match name.split(['-', '.']).next() {
        Some("settings") => settings(&file, Path::new(".")).map(|parsed| parsed.warnings),
        Some("system") => system(&file, "fixtures/x").map(|parsed| parsed.warnings),
        Some("survivors") => survivors(&file).map(|parsed| parsed.warnings),
        Some("requirements") => requirements(&file).map(|parsed| parsed.warnings),
        _ => scenario(&file, name, &from_kit).map(|parsed| parsed.warnings),
    });
    diagnostics.iter().map(|diagnostic| diagnostic.render(false) + "\n").collect::<Vec<_>>().join("\n")
}

#[test]
fn every_invalid_file_is_refused_with_exactly_its_message() {
    let mut wrong = vec![];
    let mut count = 0;
    for entry in fs::read_dir(kit()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".stderr") || name.starts_with("included") {
            continue;
        }
        count += 1;
        let said = said(&name, &fs::read_to_string(&path).unwrap());
        assert!(!said.is_empty(), "{name} is accepted");
        wrong.extend(compare(KIT, &path.with_file_name(format!("{name}.stderr")), &said).err());
    }
    assert!(count >= 40, "the kit has only {count} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Examples that must parse without a word.
const EXAMPLES: [&str; 13] = [
    include_str!("../../tests/kit/valid/odd-shapes.yaml"),
    include_str!("../../tests/kit/valid/odd-shapes.slt"),
    include_str!("../../tests/kit/valid/beside.yaml"),
    include_str!("../../tests/kit/valid/run.yaml"),
    include_str!("../../tests/kit/valid/workload.yaml"),
    include_str!("../../tests/kit/valid/cut-off.yaml"),
    include_str!("../../tests/kit/valid/fragments.yaml"),
    include_str!("../../tests/kit/valid/aborted-order.yaml"),
    include_str!("../../tests/kit/valid/plans.yaml"),
    include_str!("../../tests/kit/valid/blocking.yaml"),
    include_str!("../../tests/kit/valid/everything.yaml"),
    include_str!("../../tests/kit/valid/prices.slt"),
    include_str!("../../tests/kit/valid/mongo.slt"),
];

fn name_of(text: &str) -> &'static str {
    if text.contains("# scenario:") { "x.slt" } else { "x.yaml" }
}

#[test]
fn the_examples_of_the_language_parse_without_a_word() {
    for text in EXAMPLES {
        match parse(name_of(text), text) {
            Ok(parsed) => assert!(parsed.warnings.is_empty(), "{}", rendered(&parsed.warnings)),
            Err(errors) => panic!("{}", rendered(&errors)),
        }
    }
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(false)).collect::<Vec<_>>().join("\n")
}

#[test]
fn numbers_keep_their_spelling_and_quoted_numbers_are_text() {
    let text = "scenario: s\nrequirements: [P1.1]\nsteps:\n- sql: SELECT 1\n  expect: { rows: [[10.00, '1', 1e400, 0x1F, 007, ~, true, yes]] }\n";
    let parsed = parse("x.yaml", text).unwrap();
    let Body::Steps { steps, .. } = parsed.value.body else { panic!("not steps") };
    let row = &steps[0].expect.as_ref().unwrap().rows.as_ref().unwrap().rows[0];
    let shown: Vec<String> = row
        .cells
        .iter()
        .map(|cell| match &cell.kind {
            crate::model::ValueKind::Number(text) => format!("number {text}"),
            crate::model::ValueKind::Text(template) => format!("text {}", template.as_literal().unwrap()),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        ["number 10.00", "text 1", "number 1e400", "number 0x1F", "number 007", "Null", "Bool(true)", "text yes"]
    );
}

#[test]
fn bombs_are_refused_quickly() {
    let deep = format!("scenario: {}{}", "[".repeat(5000), "]".repeat(5000));
    let mut billion = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (previous, name) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        billion += &format!("{name}: &{name} [{}]\n", vec![format!("*{previous}"); 9].join(", "));
    }
    let tower: String = (0..300).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let brackets = format!("scenario: {}{}", "[".repeat(65), "]".repeat(65));
    for text in [deep, billion, tower, brackets] {
        let errors = parse("x.yaml", &text).unwrap_err();
        assert_eq!(errors.len(), 1, "{}", rendered(&errors));
        assert!(["deep", "unfold"].iter().any(|word| errors[0].message.contains(word)), "{}", rendered(&errors));
    }
}

#[test]
fn the_deepest_file_needs_little_stack_of_its_caller() {
    let text = format!("a: {}{}", "[".repeat(63), "]".repeat(63));
    let read = move || parse("x.yaml", &text).unwrap_err()[0].message.clone();
    let thread = std::thread::Builder::new().stack_size(1 << 19).spawn(read).unwrap();
    assert_eq!(thread.join().unwrap(), "a scenario has no key `a`");
}

#[test]
fn records_of_an_included_file_keep_their_own_place_and_connection() {
    let read = |name: &str| match name {
        "dir/b.slt" => {
            Ok(SourceFile::new(name, "query I\nSELECT 1\n----\n1\n\nconnection pg.apj buyer\nstatement ok\nx\n"))
        }
        other => no_file(other),
    };
    let text = "# scenario: s\n# requirements: P1.1\ninclude b.slt\n\nconnection pg.emea\nstatement ok\nx\n\nstatement ok\nx\n";
    let parsed = scenario(&SourceFile::new("dir/a.slt", text), "dir/a.slt", &read).unwrap();
    let Body::Slt(script) = parsed.value.body else { panic!("not records") };
    let places: Vec<String> = script
        .records
        .iter()
        .filter_map(|record| match &record.record {
            Record::Statement { connection, .. } | Record::Query { connection, .. } => {
                let place = record.connection.as_ref().map(|(node, session)| format!("{node} {session:?}"));
                Some(format!("{} {place:?} {connection:?}", record.span))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        places,
        [
            r#"dir/b.slt:1:1 None Default"#,
            r#"dir/b.slt:7:1 Some("pg.apj Some(\"buyer\")") Named("pg.apj buyer")"#,
            r#"dir/a.slt:6:1 Some("pg.emea None") Named("pg.emea")"#,
            r#"dir/a.slt:9:1 None Default"#,
        ]
    );
}

#[test]
fn the_layout_of_a_script_has_one_stretch_for_each_record() {
    for text in [
        "",
        "#",
        "# a\n\n#b",
        "statement ok\n",
        "query I\nSELECT 1\n----\n1\n2\n\n\nhalt\n \nstatement error\nx\n----\na\n\nb\n\n\n",
    ] {
        if let Ok(records) = sqllogictest::parse::<sqllogictest::DefaultColumnType>(text) {
            assert_eq!(records.len(), super::slt::layout_of(text), "{text:?}");
        }
    }
}

/// Lines that matter to `.slt` and to YAML, in any order.
fn lines() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "statement ok",
        "statement error",
        "statement error x",
        "query I",
        "query error",
        "----",
        "",
        "",
        " ",
        "# c",
        "#",
        "1",
        "SELECT 1",
        "system ok",
        "let a",
        "let",
        "halt",
        "connection pg a",
        "connection default",
        "include x",
        "sleep 1s",
        "control substitution on",
        "steps:",
        "- sql: ${x}",
        "  expect:",
        "    rows: [[1]]",
        "é: &a [*a]",
        "? x",
        "\t- a",
        "<<: *a",
        "a: |",
        "  mongo: {a: ${b}}",
        "--- ",
        "k: \"\\u00e9 ${",
        "retry 3 backoff 1s",
    ]);
    prop::collection::vec(words, 0..20).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        for name in ["x.yaml", "x.slt"] {
            parse(name, &text).err().iter().for_each(|errors| drop(rendered(errors)));
        }
        super::sql::statements(&text);
        super::sql::is_read_only(&text);
    }

    #[test]
    fn any_lines_are_read_without_panic(text in lines()) {
        for name in ["x.yaml", "x.slt"] {
            parse(name, &text).err().iter().for_each(|errors| drop(rendered(errors)));
        }
        if let Ok(records) = sqllogictest::parse::<sqllogictest::DefaultColumnType>(&text) {
            prop_assert_eq!(records.len(), super::slt::layout_of(&text));
        }
    }

    #[test]
    fn a_mutated_example_is_read_without_panic(
        which in 0..EXAMPLES.len(), at in any::<prop::sample::Index>(), put in ".{0,3}", cut in 0usize..4
    ) {
        let text = EXAMPLES[which];
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let start = places[at.index(places.len())];
        let end = text[start..].char_indices().nth(cut).map_or(text.len(), |(length, _)| start + length);
        let mutated = format!("{}{put}{}", &text[..start], &text[end..]);
        parse(name_of(text), &mutated).err().iter().for_each(|errors| drop(rendered(errors)));
    }
}

#[test]
fn an_example_cut_off_anywhere_is_read_without_panic() {
    for text in EXAMPLES {
        let stride = 1 + text.len() / 600;
        for end in (0..text.len()).step_by(stride).filter(|end| text.is_char_boundary(*end)) {
            let said = parse(name_of(text), &text[..end]);
            said.err().iter().flatten().take(1).for_each(|error| drop(error.render(false)));
        }
    }
}
