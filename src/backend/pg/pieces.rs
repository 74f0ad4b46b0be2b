//! Text that is not sent as it is: a server reports a change of its settings only when it is ready again, so that rows behind
//! a `SET DateStyle` in the same message would be read in the wrong style, and one that lasts for a transaction only while
//! that is open.

use std::ops::Range;

/// Words of settings that shape how values are printed (manual, 19.11.2, 8.19 and 23.3.3), and of the function that sets any.
const STYLES: [&str; 9] = [
    "datestyle",
    "intervalstyle",
    "timezone",
    "set time zone",
    "extra_float_digits",
    "client_encoding",
    "set names",
    "search_path",
    SETTER,
];

/// The function that sets any, in the row that it shapes.
const SETTER: &str = "set_config";

/// Words that begin a statement which returns rows, and which a transaction around it does not change.
const ROWS: [&str; 9] = ["select", "with", "values", "table", "insert", "update", "delete", "merge", "execute"];

/// Words that begin a statement about transactions (manual, part VI).
const TRANSACTION: [&str; 10] =
    ["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare", "call"];

const BEGIN: &str = "BEGIN";
const COMMIT: &str = "COMMIT";
/// What ends the transaction that stands for the message, when a statement was refused.
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// A statement of the text, or one of polyspec's own around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) sql: &'a str,
    /// How many characters of the text stand before it.
    pub(super) before: u32,
    /// It is polyspec's own.
    pub(super) own: bool,
}

/// The session's state when the text is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// No transaction is open.
    pub(super) idle: bool,
    /// Floating point is printed rounded: what is asked for in binary form is one statement.
    pub(super) rounds: bool,
}

/// The statements of a text, at `parts`, when it is to be sent one by one; none when it can be sent as it is. Several
/// statements in one message are one transaction (manual, 54.2.2.1): they are here, too, unless the text speaks of transactions
/// itself or one is open. A single one that sets something while it returns rows gets a transaction around it.
pub(super) fn pieces(sql: &str, parts: Vec<Range<usize>>, state: State) -> Vec<Piece<'_>> {
    let lower = sql.to_ascii_lowercase();
    let is_cut = match parts.len() {
        0 => false,
        1 => state.idle && lower.contains(SETTER) && begins_with(&sql[parts[0].clone()], &ROWS),
        _ => state.rounds || STYLES.iter().any(|style| lower.contains(style)),
    };
    if !is_cut {
        return vec![];
    }
    let piece = |range: Range<usize>| Piece {
        before: u32::try_from(sql[..range.start].chars().count()).unwrap_or(u32::MAX),
        sql: &sql[range],
        own: false,
    };
    let mut pieces: Vec<Piece<'_>> = parts.into_iter().map(piece).collect();
    if state.idle && !pieces.iter().any(|piece| begins_with(piece.sql, &TRANSACTION)) {
        pieces.insert(0, Piece { sql: BEGIN, before: 0, own: true });
        pieces.push(Piece { sql: COMMIT, before: 0, own: true });
    }
    pieces
}

fn begins_with(sql: &str, words: &[&str]) -> bool {
    let sql = sql.trim_start_matches('(');
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(sql: &str, idle: bool, rounds: bool) -> Vec<Piece<'_>> {
        pieces(sql, crate::language::sql::statements(sql), State { idle, rounds })
    }

    fn shown(sql: &str, idle: bool) -> Vec<&str> {
        cut(sql, idle, false).into_iter().map(|piece| piece.sql).collect()
    }

    #[test]
    fn statements_behind_a_setting_are_sent_one_by_one_in_one_transaction() {
        let sql = "SET DateStyle = 'German'; SELECT DATE '2024-01-31'";
        assert_eq!(shown(sql, true), ["BEGIN", "SET DateStyle = 'German'", "SELECT DATE '2024-01-31'", "COMMIT"]);
        assert_eq!(shown(sql, false), ["SET DateStyle = 'German'", "SELECT DATE '2024-01-31'"]);
        assert_eq!(cut(sql, false, false)[1].before, 26);
    }

    #[test]
    fn a_text_that_speaks_of_transactions_has_its_own() {
        let sql = "BEGIN; SET LOCAL datestyle = 'SQL'; SELECT now(); COMMIT";
        assert_eq!(shown(sql, true).len(), 4);
    }

    #[test]
    fn every_other_text_is_one_message() {
        for sql in [
            "SELECT 1; SELECT 2",
            "SET DateStyle = 'German'",
            "DO $$ BEGIN PERFORM set_config('a.b', 'c', true); END $$",
            "",
        ] {
            assert!(cut(sql, true, false).is_empty(), "{sql}");
        }
    }

    #[test]
    fn a_row_that_sets_something_is_read_while_its_transaction_is_open() {
        let sql = "SELECT set_config('DateStyle', 'German', true), DATE '2024-01-31'";
        assert_eq!(shown(sql, true), ["BEGIN", sql, "COMMIT"]);
        assert!(shown(sql, false).is_empty());
    }

    #[test]
    fn where_floating_point_is_rounded_every_statement_is_sent_alone() {
        let all: Vec<&str> = cut("SELECT 1; SELECT 0.1", false, true).into_iter().map(|piece| piece.sql).collect();
        assert_eq!(all, ["SELECT 1", "SELECT 0.1"]);
    }
}
