//! Names that a server gives and an author may misspell: types, codes and labels of errors. A slip in one can never be met, so
//! that a step fails for ever, or, under `$$ne` and the like, holds for ever.

use super::error_names::ERROR_NAMES;
use crate::language::suggest::{enumerate, nearest};
use crate::model::PG_TYPES;
use crate::source::{Diagnostic, Span};

/// Types of extensions that many systems use.
const OF_EXTENSIONS: &[&str] = &["citext", "hstore", "ltree"];

/// What other systems call a type, and what PostgreSQL calls it.
#[rustfmt::skip]
const ELSEWHERE: &[(&str, &str)] = &[
    ("binary", "bytea"), ("blob", "bytea"), ("clob", "text"), ("datetime", "timestamp"), ("double", "double precision"),
    ("int16", "smallint"), ("int32", "integer"), ("int64", "bigint"), ("long", "bigint"), ("mediumint", "integer"),
    ("number", "numeric"), ("nvarchar", "varchar"), ("str", "text"), ("string", "text"), ("tinyint", "smallint"),
    ("varchar2", "varchar"),
];

/// Aliases of BSON types (manual, "BSON Types"), and `number`, which is any of the four.
#[rustfmt::skip]
const BSON_TYPES: &[&str] = &[
    "double", "string", "object", "array", "binData", "undefined", "objectId", "bool", "date", "null", "regex", "dbPointer",
    "javascript", "symbol", "javascriptWithScope", "int", "timestamp", "long", "decimal", "minKey", "maxKey", "number",
];

/// What PostgreSQL and drivers call a type of BSON.
#[rustfmt::skip]
const OF_DRIVERS: &[(&str, &str)] = &[
    ("boolean", "bool"), ("datetime", "date"), ("decimal128", "decimal"), ("document", "object"), ("float", "double"),
    ("int32", "int"), ("int64", "long"), ("integer", "int"), ("list", "array"), ("numeric", "decimal"), ("oid", "objectId"),
    ("str", "string"), ("text", "string"),
];

/// Types of JSON, for what a `jsonb` cell holds.
const JSON_TYPES: &[&str] = &["object", "array", "string", "number", "boolean", "null"];

/// Labels of errors: of the server and of its drivers (specifications "Transactions", "Change Streams", "Retryable Writes").
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError", "NoWritesPerformed",
    "ResumableChangeStreamError", "NonResumableChangeStreamError", "HandshakeError", "RetryableError", "SystemOverloadedError",
];

/// A slip in the name of a type of a column; any other name may be a user's type.
pub(crate) fn column_type(written: &str, span: &Span) -> Option<Diagnostic> {
    of_postgres(&element(written), span)
}

/// The same, where the content of a `jsonb` value may be meant, too.
pub(crate) fn cell_type(written: &str, span: &Span) -> Option<Diagnostic> {
    let name = element(written);
    if JSON_TYPES.contains(&name.as_str()) { None } else { of_postgres(&name, span) }
}

/// A short word is near to too many: only one of five letters and more counts as misspelled.
fn of_postgres(name: &str, span: &Span) -> Option<Diagnostic> {
    let lower = name.to_ascii_lowercase();
    let own = lower.strip_prefix("pg_catalog.");
    let lower = own.unwrap_or(&lower);
    let is_known = PG_TYPES.contains(&lower) || OF_EXTENSIONS.contains(&lower) || lower == "\"char\"";
    if is_known || (own.is_none() && lower.contains('.')) {
        return None;
    }
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == lower).map(|(_, ours)| *ours);
    let slips = lower.len().div_ceil(5).saturating_sub(1).max(1);
    let near = || PG_TYPES.iter().copied().find(|known| strsim::damerau_levenshtein(lower, known) <= slips);
    let near = elsewhere.or_else(|| near().filter(|_| lower.len() > 4))?;
    let warning = Diagnostic::error(span, format!("PostgreSQL has no type `{name}` of its own")).warning();
    Some(warning.help(format!("did you mean `{near}`?")).help("a type of the system is right as it is"))
}

/// A name that no type of BSON has: nothing but these can be met.
pub(crate) fn bson_type(written: &str, span: &Span) -> Option<Diagnostic> {
    if BSON_TYPES.contains(&written) {
        return None;
    }
    let error = Diagnostic::error(span, format!("no type of BSON is called `{written}`"));
    let lower = written.to_ascii_lowercase();
    let elsewhere = OF_DRIVERS.iter().find(|(other, _)| *other == lower).map(|(_, ours)| *ours);
    Some(match elsewhere.or_else(|| nearest(written, BSON_TYPES.iter().copied())) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("types are {}", enumerate(BSON_TYPES, "and"))),
    })
}

/// A slip in the name of a code of MongoDB.
pub(crate) fn error_name(written: &str, span: &Span) -> Option<Diagnostic> {
    if ERROR_NAMES.contains(&written) {
        return None;
    }
    let near = nearest(written, ERROR_NAMES.iter().copied())?;
    let warning = Diagnostic::error(span, format!("no error of MongoDB is known as `{written}`")).warning();
    Some(warning.help(format!("did you mean `{near}`?")))
}

/// A label that no error is known to carry.
pub(crate) fn label(written: &str, span: &Span) -> Option<Diagnostic> {
    if LABELS.contains(&written) {
        return None;
    }
    let warning = Diagnostic::error(span, format!("no label of an error is known as `{written}`")).warning();
    Some(match nearest(written, LABELS.iter().copied()) {
        Some(near) => warning.help(format!("did you mean `{near}`?")),
        None => warning.help(format!("labels are {}", enumerate(&LABELS[..6], "and"))),
    })
}

/// The type of an array's elements, without its modifier: `numeric(10,2)[]`, `_int4`.
fn element(written: &str) -> String {
    let name = written.trim().trim_end_matches("[]").trim().trim_start_matches('_');
    match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", name[..open].trim_end(), &name[close + 1..]),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn said(found: Option<Diagnostic>) -> String {
        found.map(|diagnostic| diagnostic.render(false)).unwrap_or_default()
    }

    fn span() -> Span {
        Span::of_line(&SourceFile::new("x.yaml", "x"), 1)
    }

    #[test]
    fn a_slip_in_a_type_is_found_and_a_type_of_a_user_is_none() {
        for known in [
            "integer",
            "NUMERIC(10,2)",
            "varchar(5)[]",
            "timestamp(0) with time zone",
            "mood",
            "s.mood",
            "pg_catalog.int4",
            "_int4",
            "\"char\"",
        ] {
            assert_eq!(said(column_type(known, &span())), "", "{known}");
        }
        assert!(said(column_type("integr", &span())).contains("did you mean `integer`?"));
        assert!(said(column_type("pg_catalog.integr", &span())).contains("no type `pg_catalog.integr`"));
        assert_eq!(said(column_type("app.integr", &span())), "");
        assert!(said(column_type("numerc(10,2)[]", &span())).contains("did you mean `numeric`?"));
        assert!(said(column_type("string", &span())).contains("did you mean `text`?"));
        assert_eq!(said(cell_type("string", &span())), "");
    }

    #[test]
    fn a_type_that_bson_does_not_have_is_refused() {
        assert_eq!(said(bson_type("number", &span())), "");
        assert!(said(bson_type("integer", &span())).contains("error: no type of BSON"));
        assert!(said(bson_type("Long", &span())).contains("did you mean `long`?"));
    }

    #[test]
    fn a_slip_in_a_code_or_a_label_is_found() {
        assert_eq!(said(error_name("DuplicateKey", &span())), "");
        assert!(said(error_name("DuplicatedKey", &span())).contains("did you mean `DuplicateKey`?"));
        assert_eq!(said(error_name("Location40415", &span())), "");
        assert_eq!(said(label("NoWritesPerformed", &span())), "");
        assert!(said(label("TransientTransactionErr", &span())).contains("did you mean `TransientTransactionError`?"));
    }
}
