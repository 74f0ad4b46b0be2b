//! What the crate's parser accepts although it means something else than its author thinks: such a record would pass, or be
//! passed over, without proving anything.

use std::sync::Arc;

use super::directive::{DELIMITER, TYPES, delimiter, directive};
use super::fault;
use super::header::metadata;
use super::layout::{Part, Stretch};
use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::source::{Diagnostic, SourceFile, Span};

/// The labels of `onlyif` and `skipif` that hold here.
pub(crate) const LABELS: [&str; 3] = ["polyspec", "postgres", "postgresql"];

/// Labels of other systems, as files of the field have them.
const OTHERS: &[&str] = &[
    "bigquery",
    "clickhouse",
    "cockroach",
    "cockroachdb",
    "databend",
    "datafusion",
    "db2",
    "derby",
    "dolt",
    "doris",
    "duckdb",
    "exasol",
    "firebird",
    "greenplum",
    "greptimedb",
    "h2",
    "hive",
    "hsqldb",
    "hyper",
    "impala",
    "informix",
    "libsql",
    "limbo",
    "mariadb",
    "materialize",
    "mongo",
    "mongodb",
    "monetdb",
    "mssql",
    "mysql",
    "oceanbase",
    "opengauss",
    "oracle",
    "presto",
    "questdb",
    "redshift",
    "risinglight",
    "risingwave",
    "singlestore",
    "snowflake",
    "spark",
    "sqlite",
    "sqlite3",
    "sqlserver",
    "starrocks",
    "sybase",
    "teradata",
    "tidb",
    "timescaledb",
    "trino",
    "turso",
    "umbra",
    "vertica",
    "voltdb",
    "yugabyte",
    "yugabytedb",
];

const SORT_MODES: [&str; 3] = ["nosort", "rowsort", "valuesort"];
const RESULT_MODES: [&str; 2] = ["rowwise", "valuewise"];

/// Says what is suspicious in the records of a file.
pub(crate) fn check(file: &Arc<SourceFile>, stretches: &[Stretch], sink: &mut Sink) {
    let records = stretches.iter().filter(|stretch| stretch.part == Part::Record);
    // Lines that are for the next record that is sent: conditions and a connection.
    let mut waiting: Vec<usize> = vec![];
    for stretch in records {
        let line = file.line(stretch.first).unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [verb @ ("onlyif" | "skipif"), label] => {
                self::label(file, stretch.first, verb, label, sink);
                waiting.push(stretch.first);
                continue;
            }
            ["connection", ..] => {
                let second = waiting.iter().position(|at| verb_of(file, *at) == "connection");
                second.into_iter().for_each(|at| sink.push(overruled(file, waiting.remove(at), stretch.first)));
                waiting.push(stretch.first);
                continue;
            }
            ["query", rest @ ..] => query(file, stretch.first, rest, sink),
            _ => {}
        }
        let verb = words.first().copied().unwrap_or_default();
        if matches!(verb, "statement" | "query" | "let") {
            body(file, stretch, &words, sink);
            waiting.clear();
        }
        waiting.drain(..).for_each(|at| sink.push(for_no_record(file, at, verb)));
    }
    waiting.into_iter().for_each(|at| sink.push(for_no_record(file, at, "")));
    late_metadata(file, stretches, sink);
}

fn verb_of(file: &Arc<SourceFile>, line: usize) -> &str {
    file.line(line).and_then(|line| line.split_whitespace().next()).unwrap_or_default()
}

/// Of two connections before one record the crate takes the second.
fn overruled(file: &Arc<SourceFile>, line: usize, by: usize) -> Diagnostic {
    Diagnostic::error(&Span::of_line(file, line), "this connection is for no record: another one follows")
        .label(format!("overruled in line {by}"))
        .help("a connection is for the next record only: remove one of the two, or put its record between them")
}

fn label(file: &Arc<SourceFile>, line: usize, verb: &str, label: &str, sink: &mut Sink) {
    if LABELS.contains(&label) || OTHERS.iter().any(|other| other.eq_ignore_ascii_case(label)) {
        return;
    }
    let holds = if verb == "onlyif" { "so the record is never sent" } else { "so the record is always sent" };
    let warning =
        Diagnostic::error(&fault::word(file, line, label), format!("no system is known as `{label}`, {holds}"));
    let warning = warning.warning();
    sink.push(match nearest(label, LABELS.iter().chain(OTHERS).copied()) {
        Some(near) => warning.help(format!("did you mean `{near}`?")),
        None => warning.help(format!("polyspec is known as {}", enumerate(&LABELS, "and"))),
    });
}

/// The crate gives a condition or a connection to the next record that is sent, however far away that is; `halt` heeds none.
fn for_no_record(file: &Arc<SourceFile>, line: usize, verb: &str) -> Diagnostic {
    let place = Span::of_line(file, line);
    let what = if verb_of(file, line) == "connection" { "connection" } else { "condition" };
    match verb {
        "halt" if what == "condition" => {
            Diagnostic::error(&place, "`halt` heeds no condition: the file ends there on every system")
                .warning()
                .help("put the condition before each record that it is meant for")
        }
        "" | "halt" => Diagnostic::error(&place, format!("no record follows this {what}")).help("remove it"),
        _ => {
            let message = format!("this {what} is for the next `statement`, `query` or `let`, but `{verb}` follows");
            Diagnostic::error(&place, message).help(format!("put it below `{verb}`, right before its record"))
        }
    }
}

/// Metadata count only before the first record; below it they would be mere comments.
fn late_metadata(file: &Arc<SourceFile>, stretches: &[Stretch], sink: &mut Sink) {
    let Some(first) = stretches.iter().position(|stretch| stretch.part == Part::Record) else { return };
    for comment in stretches[first..].iter().filter(|stretch| stretch.part == Part::Comment) {
        for line in comment.first..=comment.last {
            let Some(word) = metadata(file, line) else { continue };
            let message = format!("`{}` is taken for a mere comment: it comes after the first record", word.value);
            let warning = Diagnostic::error(&word.span, message).warning();
            sink.push(warning.help(format!("put `# {}: …` before the first record of the scenario", word.value)));
        }
    }
}

/// `query TYPES [SORT] [LABEL]`: the crate takes every letter for a type, and every word that is no sort mode for a label.
fn query(file: &Arc<SourceFile>, line: usize, rest: &[&str], sink: &mut Sink) {
    let [types, words @ ..] = rest else { return };
    if *types == "error" {
        return;
    }
    if !types.chars().all(|letter| TYPES.contains(letter)) {
        sink.push(no_types(file, line, types));
    }
    let labels = words.iter().take_while(|word| **word != "retry").enumerate();
    for (at, word) in labels.filter(|(at, word)| *at > 0 || !SORT_MODES.contains(word)) {
        no_sort_mode(file, line, word, at).into_iter().for_each(|error| sink.push(error));
    }
}

fn no_types(file: &Arc<SourceFile>, line: usize, types: &str) -> Diagnostic {
    let place = fault::word(file, line, types);
    if SORT_MODES.contains(&types) {
        let error = Diagnostic::error(&place, "the types of the columns come before the sort mode");
        return error.help(format!("write `query T {types}`, a letter a column: `T`, `I`, `R` or `?`"));
    }
    let error = Diagnostic::error(&place, format!("`{types}` are not types of columns"));
    let error = if nearest(types, ["error"]).is_some() { error.help("did you mean `query error`?") } else { error };
    error.help("types are `T` (text), `I` (whole numbers), `R` (other numbers) and `?` (any), a letter a column")
}

fn no_sort_mode(file: &Arc<SourceFile>, line: usize, word: &str, at: usize) -> Option<Diagnostic> {
    let place = fault::word(file, line, word);
    if RESULT_MODES.contains(&word) {
        let error = Diagnostic::error(&place, format!("`{word}` is taken for a label here"));
        return Some(error.help(format!("write `control resultmode {word}` above the record")));
    }
    let near = nearest(word, SORT_MODES);
    if near.is_none() && !word.to_lowercase().contains("sort") {
        return None;
    }
    if at > 0 && SORT_MODES.contains(&word) {
        return Some(Diagnostic::error(&place, "a record has one sort mode").help("keep one of the two"));
    }
    let error = Diagnostic::error(&place, format!("`{word}` is not a sort mode"));
    Some(match near {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("sort modes are {}", enumerate(&SORT_MODES, "and"))),
    })
}

/// Lines below a directive that would be a record, or the `----`, of their own.
fn body(file: &Arc<SourceFile>, stretch: &Stretch, words: &[&str], sink: &mut Sink) {
    let lines: Vec<&str> = (stretch.first..=stretch.last).filter_map(|line| file.line(line)).collect();
    if lines.get(1).is_none_or(|line| line.trim().is_empty()) {
        return;
    }
    let divides = if words[0] == "let" { None } else { delimiter(lines.iter().copied()) };
    for (at, line) in lines.iter().enumerate().skip(1) {
        let place = Span::of_line(file, stretch.first + at);
        let below = divides.is_some_and(|divides| at > divides);
        if let Some(verb) = directive(line) {
            return sink.push(swallowed(&place, verb, below, words));
        }
        if line.trim() == DELIMITER && Some(at) != divides && at > 1 {
            return sink.push(no_delimiter(&place, below));
        }
    }
    let divided = words[0] == "query" || (words[0] == "statement" && words.get(1) == Some(&"error"));
    if divides.is_none() && divided {
        let near = lines.iter().enumerate().skip(2).find(|(_, line)| is_rule(line));
        near.into_iter().for_each(|(at, line)| sink.push(nearly_divides(file, stretch.first + at, line.trim())));
    }
    let message = divides.map(|divides| lines[divides + 1..].concat()).filter(|text| !text.is_empty());
    if words.get(1) == Some(&"error") && message.is_some_and(|text| !text.chars().any(char::is_alphabetic)) {
        sink.push(rows_of_an_error(&fault::word(file, stretch.first, "error")));
    }
}

/// A line of dashes and the like, or one that begins with the four hyphens.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let drawn = line.chars().count() > 1 && line.chars().all(|c| "-=_*~ \u{2013}\u{2014}".contains(c));
    drawn || line.starts_with(DELIMITER)
}

fn nearly_divides(file: &Arc<SourceFile>, line: usize, rule: &str) -> Diagnostic {
    Diagnostic::error(&fault::word(file, line, rule), format!("`{rule}` divides nothing: it is a part of the SQL"))
        .help("write `----`, four hyphens alone in a line, between the SQL and the expected rows")
}

fn rows_of_an_error(place: &Span) -> Diagnostic {
    Diagnostic::error(place, "a record that expects an error has no rows")
        .help("to compare rows write the types of its columns (`query I`), else remove `----` and what follows")
}

fn swallowed(place: &Span, verb: &str, below: bool, words: &[&str]) -> Diagnostic {
    let (what, fix) = match (below, words.get(1) == Some(&"error")) {
        (true, true) => ("the error message", "put two empty lines before it: they end a message"),
        (true, false) => ("the rows", "put an empty line before it: it ends the rows"),
        (false, _) => ("the SQL", "put an empty line before it: it ends a record"),
    };
    let error = Diagnostic::error(place, format!("this `{verb}` belongs to {what} of the record above")).help(fix);
    if what != "the rows" {
        return error;
    }
    error.help("a row that reads so cannot be compared: select it in another form, such as `to_json(…)`")
}

fn no_delimiter(place: &Span, below: bool) -> Diagnostic {
    if below {
        let error = Diagnostic::error(place, "this `----` belongs to the rows of the record above");
        return error.help("put an empty line before the record that it is meant for");
    }
    Diagnostic::error(place, "this `----` has blanks around it and is part of the SQL").help("remove the blanks")
}
