//! Faults of expressions and clauses: a comparison moved, a condition turned round or left out, one word for its opposite, two
//! columns exchanged.

use super::columns::Columns;
use super::rewrite::{Rewrite, Says};
use super::tokens::{Code, Part};
use crate::language::sql::TokenKind;
use crate::mutation::generated::partitions::stepped;

/// Words after which an expression is a condition, or the value of a column.
const CLAUSES: [&str; 17] = [
    "SELECT",
    "FROM",
    "WHERE",
    "SET",
    "VALUES",
    "ON",
    "HAVING",
    "IF",
    "ELSIF",
    "WHEN",
    "THEN",
    "ELSE",
    "RETURNING",
    "USING",
    "CHECK",
    "RETURN",
    "WHILE",
];

/// Those of them after which it is a condition.
const CONDITIONS: [&str; 9] = ["WHERE", "ON", "HAVING", "IF", "ELSIF", "WHEN", "CHECK", "RETURN", "WHILE"];

/// What ends a WHERE.
const AFTER_WHERE: [&str; 14] = [
    ";",
    "GROUP",
    "ORDER",
    "HAVING",
    "RETURNING",
    "LIMIT",
    "OFFSET",
    "FOR",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "ON",
    "LOOP",
    "WINDOW",
];

/// Words that stand for one another.
const OPPOSITES: [(&str, &str); 8] = [
    ("TRUE", "false"),
    ("FALSE", "true"),
    ("GREATEST", "least"),
    ("LEAST", "greatest"),
    ("MIN", "max"),
    ("MAX", "min"),
    ("ASC", "DESC"),
    ("DESC", "ASC"),
];

/// Comparisons and what they become.
const COMPARISONS: [(&str, &str); 7] =
    [("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("=", "<>"), ("<>", "="), ("!=", "=")];

/// Every fault of the expressions of a stretch of code.
pub(super) fn rewrites(code: &Code<'_>, columns: &Columns) -> Vec<Rewrite> {
    let clauses = clauses(code);
    let mut found = vec![];
    for (at, part) in code.parts.iter().enumerate() {
        let clause = clauses[at];
        match part.kind {
            TokenKind::Symbol => found.extend(of_symbol(code, at, clause)),
            TokenKind::Word => {
                found.extend(of_word(code, at));
                found.extend(of_condition(code, at));
                found.extend(columns.exchanged(code, at));
            }
            TokenKind::Number | TokenKind::Quoted => found.extend(moved(code, at)),
            _ => {}
        }
    }
    found
}

/// The clause that each part is in.
fn clauses<'c>(code: &'c Code<'_>) -> Vec<&'c str> {
    let mut open: Vec<&str> = vec![""];
    let mut found = vec![];
    for part in &code.parts {
        open.truncate(part.depth + 1);
        while open.len() <= part.depth {
            open.push(open.last().copied().unwrap_or_default());
        }
        if part.text == ";" {
            open = vec![""];
        } else if part.kind == TokenKind::Word && CLAUSES.contains(&part.text.as_str()) {
            open[part.depth] = &part.text;
        }
        found.push(open.last().copied().unwrap_or_default());
    }
    found
}

fn of_symbol(code: &Code<'_>, at: usize, clause: &str) -> Option<Rewrite> {
    let part = &code.parts[at];
    let operator = part.text.as_str();
    if let Some((_, other)) = COMPARISONS.iter().find(|(known, _)| *known == operator) {
        // Elsewhere `=` gives a value.
        let compares = operator != "=" || CONDITIONS.contains(&clause);
        return compares.then(|| is_other(code, at, "a comparison is another", other));
    }
    let value = |part: &Part| match part.kind {
        TokenKind::Symbol => matches!(part.text.as_str(), ")" | "]"),
        _ => !CLAUSES.contains(&part.text.as_str()),
    };
    let binary = at > 0 && code.parts.get(at - 1).is_some_and(value);
    match operator {
        "+" if binary => Some(is_other(code, at, "plus is minus", "-")),
        "-" if binary => Some(is_other(code, at, "minus is plus", "+")),
        _ => None,
    }
}

fn is_other(code: &Code<'_>, at: usize, kind: &'static str, other: &str) -> Rewrite {
    let range = code.parts[at].range.clone();
    let says = format!("{} is {other}", &code.text[range.clone()]);
    Rewrite::new(code, at, Says { kind, says }, &[(range, other)])
}

fn of_word(code: &Code<'_>, at: usize) -> Option<Rewrite> {
    let word = code.at(at);
    if let Some((_, other)) = OPPOSITES.iter().find(|(known, _)| *known == word) {
        return Some(is_other(code, at, "a word is its opposite", other));
    }
    let without = |from: usize, to: usize| {
        let range = code.bytes(from, to);
        let says = format!("{} is left out", &code.text[range.clone()]);
        Rewrite::new(code, at, Says { kind: "a word is left out", says }, &[(range, "")])
    };
    match (word, code.at(at + 1)) {
        ("AND", _) if !is_between(code, at) => Some(is_other(code, at, "AND is OR", "OR")),
        ("OR", _) if code.before(at) != "CREATE" => Some(is_other(code, at, "OR is AND", "AND")),
        ("NEW", ".") => Some(is_other(code, at, "NEW is OLD", "OLD")),
        ("OLD", ".") => Some(is_other(code, at, "OLD is NEW", "NEW")),
        ("NOT", next) if next != "NULL" => Some(without(at, at)),
        ("EXISTS" | "IN", "(") if code.before(at) != "NOT" => {
            Some(is_other(code, at, "a condition is negated", &format!("NOT {word}")))
        }
        ("IS", "NULL") => Some(is_other(code, at, "a condition is negated", "IS NOT")),
        ("IS", "NOT") if code.at(at + 2) == "NULL" => Some(without(at + 1, at + 1)),
        ("DISTINCT", _) if code.before(at) != "IS" => Some(without(at, at)),
        ("LEFT", "JOIN") => Some(without(at, at)),
        ("LEFT", "OUTER") => Some(without(at, at + 1)),
        ("UNION", "ALL") => Some(without(at + 1, at + 1)),
        ("UNION", _) => Some(is_other(code, at, "UNION is UNION ALL", "UNION ALL")),
        ("FOR", "UPDATE" | "SHARE") => Some(without(at, at + 1)),
        _ => None,
    }
}

/// Whether an AND belongs to a BETWEEN.
fn is_between(code: &Code<'_>, at: usize) -> bool {
    let depth = code.parts[at].depth;
    let before = code.parts[..at].iter().rev().filter(|part| part.depth == depth);
    let ends = ["AND", "OR", "WHERE", "BETWEEN", ";", "(", "ON", "WHEN"];
    before.map(|part| part.text.as_str()).find(|text| ends.contains(text)) == Some("BETWEEN")
}

/// WHERE left out and turned round.
fn of_condition(code: &Code<'_>, at: usize) -> Vec<Rewrite> {
    if code.at(at) != "WHERE" || at + 1 >= code.parts.len() {
        return vec![];
    }
    let end = code.next(at + 1, &AFTER_WHERE);
    if end <= at + 1 {
        return vec![];
    }
    let range = code.bytes(at + 1, end - 1);
    let negated = format!("NOT ({})", &code.text[range.clone()]);
    let says = |kind: &'static str| Says { kind, says: kind.to_string() };
    vec![
        Rewrite::new(code, at, says("WHERE is always true"), &[(range.clone(), "true")]),
        Rewrite::new(code, at, says("WHERE is negated"), &[(range, &negated)]),
    ]
}

/// A number beside a comparison, or one that limits something, moved by the smallest step of its last digit.
fn moved(code: &Code<'_>, at: usize) -> Option<Rewrite> {
    let part = &code.parts[at];
    let compares = |text: &str| COMPARISONS.iter().any(|(known, _)| *known == text);
    let limits = |text: &str| ["LIMIT", "OFFSET", "WHEN", "BETWEEN"].contains(&text);
    let before = code.before(at);
    let follows = compares(before) || limits(before) || (before == "AND" && is_between(code, at - 1));
    if !follows && !compares(code.at(at + 1)) {
        return None;
    }
    let quote = if part.kind == TokenKind::Quoted { "'" } else { "" };
    let number = part.text.strip_prefix(quote)?.strip_suffix(quote)?;
    let scale = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let more = stepped(number, scale, true)?;
    Some(is_other(code, at, "a constant is moved", &format!("{quote}{more}{quote}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, String)> {
        let code = Code::read(text, 0..text.len());
        rewrites(&code, &Columns::default()).into_iter().map(|each| (each.says.says, each.text)).collect()
    }

    #[track_caller]
    fn has(text: &str, says: &str, expected: &str) {
        let found = of(text);
        let hit = found.iter().find(|(said, _)| said == says);
        assert_eq!(hit.map(|(_, text)| text.as_str()), Some(expected), "{found:?}");
    }

    #[test]
    fn a_comparison_is_moved_by_one_and_so_is_its_constant() {
        has("WHERE a < 10", "< is <=", "WHERE a <= 10");
        has("WHERE a < 10", "10 is 11", "WHERE a < 11");
        has("CHECK ((a >= '0.5'::numeric))", "'0.5' is '0.6'", "CHECK ((a >= '0.6'::numeric))");
        has("WHERE a BETWEEN 1 AND 9", "9 is 10", "WHERE a BETWEEN 1 AND 10");
        assert!(!of("SELECT f(7)").iter().any(|(says, _)| says.starts_with('7')), "nothing is compared with it");
    }

    #[test]
    fn an_equals_sign_that_gives_a_value_is_none_that_compares() {
        assert_eq!(of("UPDATE t SET a = b"), []);
        has("UPDATE t SET a = b WHERE c = d", "= is <>", "UPDATE t SET a = b WHERE c <> d");
    }

    #[test]
    fn a_where_reaches_to_the_end_of_its_clause() {
        let text = "DELETE FROM t WHERE a IN (SELECT b FROM u WHERE c ORDER BY d) AND e RETURNING f";
        has(text, "WHERE is always true", "DELETE FROM t WHERE true RETURNING f");
        let negated = "DELETE FROM t WHERE NOT (a IN (SELECT b FROM u WHERE c ORDER BY d) AND e) RETURNING f";
        has(text, "WHERE is negated", negated);
        let inner: Vec<_> = of(text).into_iter().filter(|(says, _)| says == "WHERE is always true").collect();
        assert_eq!(inner[1].1, "DELETE FROM t WHERE a IN (SELECT b FROM u WHERE true ORDER BY d) AND e RETURNING f");
    }

    #[test]
    fn the_and_of_a_between_joins_no_conditions() {
        has("WHERE a BETWEEN 1 AND 2 AND b", "AND is OR", "WHERE a BETWEEN 1 AND 2 OR b");
        assert_eq!(of("WHERE a BETWEEN 1 AND 2 AND b").iter().filter(|(says, _)| says == "AND is OR").count(), 1);
    }

    #[test]
    fn words_become_their_opposites_or_are_left_out() {
        has("SELECT greatest(a, b)", "greatest is least", "SELECT least(a, b)");
        has("IF NEW.a THEN", "NEW is OLD", "IF OLD.a THEN");
        has("WHERE NOT EXISTS (SELECT)", "NOT is left out", "WHERE  EXISTS (SELECT)");
        has("WHERE a IS NULL", "IS is IS NOT", "WHERE a IS NOT NULL");
        has("FROM a LEFT OUTER JOIN b", "LEFT OUTER is left out", "FROM a  JOIN b");
        has("SELECT 1 UNION SELECT 2", "UNION is UNION ALL", "SELECT 1 UNION ALL SELECT 2");
        has("SELECT a + b", "+ is -", "SELECT a - b");
        assert_eq!(of("SELECT -1"), [], "a sign joins nothing");
    }
}
