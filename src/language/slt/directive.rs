//! Lines that begin a record, as the crate's parser reads them: where one stands among rows or SQL, an empty line is missing.

use crate::language::selector::node_selector;
use crate::language::template::is_variable_name;

/// The letters that the dialect has for types of columns.
pub(crate) const TYPES: &str = "TIR?";

/// What divides SQL from the rows or the message.
pub(crate) const DELIMITER: &str = "----";

/// The first word of a line that would begin a record; `None` for every other line.
pub(crate) fn directive(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let begins = match words.as_slice() {
        ["statement", "ok" | "error", ..] | ["query", "error", ..] | ["system", "ok", ..] => true,
        ["statement", "count", number, ..] | ["hash-threshold", number] => number.parse::<u64>().is_ok(),
        ["query", types, ..] => types.chars().all(|letter| TYPES.contains(letter)),
        ["connection", node] | ["connection", node, _] => *node == "default" || node_selector(node).is_ok(),
        ["control", "sortmode" | "resultmode" | "substitution", _] => true,
        ["onlyif" | "skipif" | "subtest", _] | ["halt"] => true,
        ["include", file] => file.contains('.'),
        ["sleep", time] => time.starts_with(|c: char| c.is_ascii_digit()) && time.ends_with(['s', 'm', 'h', 'n']),
        ["let", names @ ..] if !names.is_empty() => {
            names.concat().split(',').all(|name| name.is_empty() || is_variable_name(name))
        }
        _ => false,
    };
    words.first().copied().filter(|_| begins)
}

/// Which line of a record, counted from its directive, divides it; `None` when none does. The first line below the
/// directive is SQL whatever it is.
pub(crate) fn delimiter<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    lines.into_iter().enumerate().skip(2).find(|(_, line)| *line == DELIMITER).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_a_record_are_told_from_rows() {
        for line in [
            "statement ok",
            "statement count 3",
            "query IT rowsort",
            "query error x",
            "connection pg.apj buyer",
            "connection default",
            "onlyif mysql",
            "halt",
            "control sortmode rowsort",
            "hash-threshold 8",
            "include _a.slt",
            "sleep 10ms",
            "let a, b",
            "subtest one",
        ] {
            assert_eq!(directive(line), line.split(' ').next(), "{line}");
        }
        for line in ["", "1", "query", "query took long", "statement", "connection lost", "sleep well", "Lamp 10.00"] {
            assert_eq!(directive(line), None, "{line}");
        }
    }

    #[test]
    fn the_first_line_of_sql_divides_nothing() {
        assert_eq!(delimiter(["query I", "----", "----", "1"]), Some(2));
        assert_eq!(delimiter(["query I", "SELECT 1", "---- "]), None);
    }
}
