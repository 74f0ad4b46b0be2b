//! Text of several statements that is sent one by one: a server reports a change of its settings only when it is ready
//! again, so that rows behind a `SET DateStyle` in the same message would be read in the wrong style.

use crate::language::sql::statements;

/// Words of settings that shape how values are printed (manual, 19.11.2), and of the function that sets any.
const STYLES: [&str; 6] =
    ["datestyle", "intervalstyle", "timezone", "set time zone", "extra_float_digits", "set_config"];

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

/// The statements of a text that is to be sent one by one; none when it can be sent as it is. Several statements in one
/// message are one transaction (manual, 54.2.2.1): they are here, too, unless the text speaks of transactions itself or,
/// with `idle` false, one is open.
pub(super) fn pieces(sql: &str, idle: bool) -> Vec<Piece<'_>> {
    let lower = sql.to_ascii_lowercase();
    if !STYLES.iter().any(|style| lower.contains(style)) {
        return vec![];
    }
    let parts = statements(sql);
    if parts.len() < 2 {
        return vec![];
    }
    let is_about_transactions = |sql: &str| {
        let word = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        TRANSACTION.iter().any(|known| word.eq_ignore_ascii_case(known))
    };
    let piece = |range: std::ops::Range<usize>| Piece {
        before: u32::try_from(sql[..range.start].chars().count()).unwrap_or(u32::MAX),
        sql: &sql[range],
        own: false,
    };
    let mut pieces: Vec<Piece<'_>> = parts.into_iter().map(piece).collect();
    if idle && !pieces.iter().any(|piece| is_about_transactions(piece.sql)) {
        pieces.insert(0, Piece { sql: BEGIN, before: 0, own: true });
        pieces.push(Piece { sql: COMMIT, before: 0, own: true });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str, idle: bool) -> Vec<&str> {
        pieces(sql, idle).into_iter().map(|piece| piece.sql).collect()
    }

    #[test]
    fn statements_behind_a_setting_are_sent_one_by_one_in_one_transaction() {
        let sql = "SET DateStyle = 'German'; SELECT DATE '2024-01-31'";
        assert_eq!(shown(sql, true), ["BEGIN", "SET DateStyle = 'German'", "SELECT DATE '2024-01-31'", "COMMIT"]);
        assert_eq!(shown(sql, false), ["SET DateStyle = 'German'", "SELECT DATE '2024-01-31'"]);
        assert_eq!(pieces(sql, false)[1].before, 26);
    }

    #[test]
    fn a_text_that_speaks_of_transactions_has_its_own() {
        let sql = "BEGIN; SET LOCAL datestyle = 'SQL'; SELECT now(); COMMIT";
        assert_eq!(shown(sql, true).len(), 4);
    }

    #[test]
    fn every_other_text_is_one_message() {
        for sql in ["SELECT 1; SELECT 2", "SET DateStyle = 'German'", "SELECT set_config('a.b', 'c', false)", ""] {
            assert!(pieces(sql, true).is_empty(), "{sql}");
        }
    }
}
