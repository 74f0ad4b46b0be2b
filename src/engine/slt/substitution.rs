//! `control substitution on`: fills `$name`, `${name}` and `${name:default}` into the text of a record, with the crate's
//! grammar. Its own runner pastes text and reads the whole environment; here a value never becomes raw SQL, and only
//! variables that the scenario has are read.

use bson::Bson;

use crate::language::sql::{Context, contexts};
use crate::model::Datum;
use crate::variables;

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// SQL of PostgreSQL.
    Sql,
    /// A command document in Extended JSON.
    Json,
}

/// A part of a text.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Variable(String),
}

/// Characters that `\` makes plain.
const ESCAPED: &str = "\\${}:";

/// The text with its variables filled in.
///
/// # Errors
/// A variable has no value, or none that could stand in its place; the grammar is broken. In one sentence, with the fix.
pub(super) fn fill(text: &str, dialect: Dialect, value: &dyn Fn(&str) -> Option<Datum>) -> Result<String, String> {
    let mut parts = vec![];
    parse(text, value, &mut parts)?;
    let (mut plain, mut places) = (String::new(), vec![]);
    for part in &parts {
        match part {
            Part::Text(text) => plain.push_str(text),
            Part::Variable(_) => {
                places.push(plain.len());
                plain.push('x');
            }
        }
    }
    let around = match dialect {
        Dialect::Sql => contexts(&plain, &places),
        Dialect::Json => strings(&plain, &places),
    };
    let mut filled = String::new();
    let mut around = around.into_iter();
    for part in parts {
        match part {
            Part::Text(text) => filled.push_str(&text),
            Part::Variable(name) => {
                let datum = value(&name).ok_or_else(|| no_value(&name))?;
                let context = around.next().unwrap_or(Context::Code);
                filled.push_str(&put(&name, &datum, context, dialect)?);
            }
        }
    }
    Ok(filled)
}

/// Reads a text by the grammar of the crate `subst`, which the runner of `sqllogictest` uses.
fn parse(text: &str, value: &dyn Fn(&str) -> Option<Datum>, parts: &mut Vec<Part>) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        parts.push(Part::Text(rest[..at].to_string()));
        let (special, after) = rest[at..].split_at(1);
        rest = match special {
            "\\" => {
                let escaped = after.chars().next().filter(|c| ESCAPED.contains(*c)).ok_or_else(lone_backslash)?;
                parts.push(Part::Text(escaped.to_string()));
                &after[1..]
            }
            _ => variable(after, value, parts)?,
        };
    }
    parts.push(Part::Text(rest.to_string()));
    Ok(())
}

/// Reads a variable behind its `$`; returns what follows.
fn variable<'a>(
    after: &'a str,
    value: &dyn Fn(&str) -> Option<Datum>,
    parts: &mut Vec<Part>,
) -> Result<&'a str, String> {
    let braced = after.strip_prefix('{');
    let body = braced.unwrap_or(after);
    let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    if name.is_empty() {
        return Err("a `$` without the name of a variable: for a `$` that is meant as itself write `\\$`".into());
    }
    let unclosed =
        || format!("`${{{name}` is not closed: write `${{{name}}}`, and `\\$` for a `$` that is meant as itself");
    if braced.is_none() {
        parts.push(Part::Variable(name.into()));
        return Ok(rest);
    }
    if let Some(rest) = rest.strip_prefix('}') {
        parts.push(Part::Variable(name.into()));
        return Ok(rest);
    }
    let default = rest.strip_prefix(':').ok_or_else(unclosed)?;
    let end = closing(default).ok_or_else(unclosed)?;
    match value(name) {
        Some(_) => parts.push(Part::Variable(name.into())),
        None => parse(&default[..end], value, parts)?,
    }
    Ok(&default[end + 1..])
}

/// Where the brace that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn lone_backslash() -> String {
    "with `control substitution on` a `\\` is written before `$`, `{`, `}`, `:` or another `\\`: write `\\\\`".into()
}

fn no_value(name: &str) -> String {
    format!(
        "`{name}` has no value: a `let {name}` above this record gives it one; for a `$` that is meant as itself write `\\$`"
    )
}

fn put(name: &str, datum: &Datum, context: Context, dialect: Dialect) -> Result<String, String> {
    let is_null = matches!(datum, Datum::Null | Datum::Bson(Bson::Null));
    match (dialect, context) {
        (_, Context::Comment) => Ok(format!("${name}")),
        (Dialect::Sql, Context::Code) => Ok(variables::sql_literal(datum)),
        (Dialect::Json, Context::Code) => Ok(variables::datum_to_bson(datum).into_canonical_extjson().to_string()),
        _ if is_null => Err(format!("`{name}` is NULL, which has no text: write it outside of quotes")),
        (Dialect::Json, _) => {
            let quoted = serde_json::Value::String(datum.to_text()).to_string();
            Ok(quoted[1..quoted.len() - 1].to_string())
        }
        (_, Context::String { escapes: true }) => Ok(datum.to_text().replace('\\', "\\\\").replace('\'', "''")),
        (_, Context::String { escapes: false }) => Ok(datum.to_text().replace('\'', "''")),
        (_, Context::Identifier) => Ok(datum.to_text().replace('"', "\"\"")),
        (_, Context::DollarQuoted) if datum.to_text().contains('$') => {
            Err(format!("the value of `{name}` has a `$`, which could end the dollar quotes that it is in"))
        }
        (_, Context::DollarQuoted) => Ok(datum.to_text()),
    }
}

/// Which of the places in a text of JSON are inside of a string.
fn strings(text: &str, places: &[usize]) -> Vec<Context> {
    let (mut inside, mut escaped) = (false, false);
    let mut found = vec![];
    for (at, c) in text.char_indices() {
        if places.contains(&at) {
            found.push(if inside { Context::String { escapes: true } } else { Context::Code });
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, dialect: Dialect) -> Result<String, String> {
        let known = |name: &str| {
            Some(match name {
                "n" => Datum::Number("42".into()),
                "text" => Datum::Text("it's \"a\" \\ b".into()),
                "evil" => Datum::Text("'; DROP TABLE t; --".into()),
                "none" => Datum::Null,
                "long" => Datum::Bson(Bson::Int64(5)),
                "money" => Datum::Text("$$".into()),
                _ => return None,
            })
        };
        fill(text, dialect, &known)
    }

    fn sql(text: &str) -> String {
        filled(text, Dialect::Sql).unwrap_or_else(|cause| format!("! {cause}"))
    }

    #[test]
    fn outside_of_quotes_a_value_is_a_literal_of_its_type() {
        assert_eq!(sql("SELECT $n + ${n}, $none"), "SELECT 42 + 42, NULL");
        assert_eq!(sql("SELECT $evil"), "SELECT '''; DROP TABLE t; --'");
    }

    #[test]
    fn inside_of_quotes_a_value_is_text_that_cannot_end_them() {
        assert_eq!(sql("SELECT 'a${n}b$text'"), "SELECT 'a42bit''s \"a\" \\ b'");
        assert_eq!(sql("SELECT E'$text'"), "SELECT E'it''s \"a\" \\\\ b'");
        assert_eq!(sql("SELECT 1 AS \"$text\""), "SELECT 1 AS \"it's \"\"a\"\" \\ b\"");
        assert_eq!(sql(r"DO \$\$ $n \$\$"), "DO $$ 42 $$");
        assert!(sql(r"DO \$\$ $money \$\$").starts_with("! the value of `money`"));
        assert!(sql("SELECT '$none'").starts_with("! `none` is NULL"));
        assert_eq!(sql("SELECT 1 -- $evil\n, $n"), "SELECT 1 -- $evil\n, 42");
    }

    #[test]
    fn the_grammar_is_that_of_the_crate() {
        assert_eq!(sql(r"\$n \\ \{ ${x:a $n {b\}}} ${n:unused}"), r"$n \ { a 42 {b}} 42");
        for (text, cause) in [
            ("$x", "`x` has no value"),
            ("$HOME", "`HOME` has no value"),
            ("$ 1", "a `$` without the name"),
            ("$$", "a `$` without the name"),
            ("${n", "`${n` is not closed"),
            ("${n-1}", "`${n` is not closed"),
            (r"E'\n'", "with `control substitution on` a `\\`"),
        ] {
            assert!(sql(text).starts_with(&format!("! {cause}")), "{text}: {}", sql(text));
        }
    }

    #[test]
    fn a_command_document_gets_typed_values() {
        let json = |text: &str| filled(text, Dialect::Json).unwrap();
        assert_eq!(
            json(r#"{"a": $n, "b": "x$text", "c": $text, "d": $none}"#),
            r#"{"a": {"$numberInt":"42"}, "b": "xit's \"a\" \\ b", "c": "it's \"a\" \\ b", "d": null}"#
        );
        assert_eq!(json(r#"{"a": $long}"#), r#"{"a": {"$numberLong":"5"}}"#);
        assert!(filled(r#"{"$set": 1}"#, Dialect::Json).is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_value_never_leaves_the_quotes_that_it_is_in(value in ".{0,12}", frame in 0usize..4) {
            let (before, after) = [("SELECT '", "', 1"), ("SELECT E'", "', 1"), ("SELECT \"", "\", 1"), ("SELECT ", ", 1")][frame];
            let known = |_: &str| Some(Datum::Text(value.clone()));
            let filled = fill(&format!("{before}$v{after}"), Dialect::Sql, &known).unwrap();
            let tail = filled.len() - ", 1".len();
            let kinds = contexts(&filled, &[tail, tail + 2]);
            proptest::prop_assert_eq!(kinds, vec![Context::Code, Context::Code], "{}", filled);
        }
    }
}
