//! Names of types: PostgreSQL's long and short names mean the same, and BSON types by their aliases of `$type`.

use bson::Bson;

use crate::model::PG_TYPES;
use crate::observation::{CATALOG, SqlType};

/// Names of `format_type` and the standard, and the `pg_type.typname` that they mean (manual, 8.0, table 8.1).
const ALIASES: [(&str, &str); 23] = [
    ("smallint", "int2"),
    ("integer", "int4"),
    ("int", "int4"),
    ("bigint", "int8"),
    ("real", "float4"),
    ("double precision", "float8"),
    ("float", "float8"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("boolean", "bool"),
    ("character varying", "varchar"),
    ("character", "bpchar"),
    ("char", "bpchar"),
    ("char varying", "varchar"),
    ("\"char\"", "char"),
    ("bit varying", "varbit"),
    ("timestamp without time zone", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("time without time zone", "time"),
    ("time with time zone", "timetz"),
    ("smallserial", "int2"),
    ("serial", "int4"),
    ("bigserial", "int8"),
];

/// Whether what an author wrote names the type, whatever modifier it is written with: `numeric(10,2)` is `numeric`. A name
/// without a schema that is one of the server's own types means that one (manual, 5.10.5), any other a type of any schema.
pub(super) fn names_type(written: &str, sql_type: &SqlType) -> bool {
    let written = without_modifier(written);
    let element = written.trim_end_matches(|c: char| c == '[' || c == ']' || c.is_whitespace());
    match (element.len() < written.len(), sql_type.element()) {
        (true, Some(of)) => names_type(element, of),
        (true, None) => false,
        (false, _) => names(element, sql_type),
    }
}

fn names(written: &str, sql_type: &SqlType) -> bool {
    let (schema, name) = in_schema(written);
    let folded = identifier(name);
    match schema {
        Some(schema) => {
            let is_in_schema = sql_type.schema.is_empty() || sql_type.schema == identifier(schema);
            is_in_schema && sql_type.name == folded
        }
        None if name == "\"char\"" || !name.starts_with('"') && is_own(short(&folded)) => {
            sql_type.builtin_name() == short(if name == "\"char\"" { name } else { &folded })
        }
        None => sql_type.name == folded || sql_type.name == name,
    }
}

/// Whether the server has a type of its own with this name, or one for arrays of it.
fn is_own(name: &str) -> bool {
    PG_TYPES.contains(&name.strip_prefix('_').unwrap_or(name))
}

/// The schema before the last point that is not in quotes, and what follows it.
fn in_schema(written: &str) -> (Option<&str>, &str) {
    let mut quoted = false;
    let is_point = |c: char| {
        quoted ^= c == '"';
        c == '.' && !quoted
    };
    match written.match_indices(is_point).last() {
        Some((at, _)) => (Some(written[..at].trim()), written[at + 1..].trim()),
        None => (None, written.trim()),
    }
}

/// The name that an identifier means: as it is in quotes, else in lower case (manual, 4.1.1).
fn identifier(written: &str) -> String {
    match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None => written.to_ascii_lowercase(),
    }
}

/// The type's name, with its schema where it is none of the server's own.
pub(super) fn qualified(sql_type: &SqlType) -> String {
    match sql_type.schema.as_str() {
        "" | CATALOG => sql_type.name.clone(),
        schema => format!("{schema}.{}", sql_type.name),
    }
}

/// Whether a modifier that an author wrote is the one that a column has; one that is not written may be any. A scale that is
/// not written is 0 (manual, 8.1.2).
pub(super) fn has_modifier(written: &str, modifier: Option<&str>) -> bool {
    let Some((open, close)) = written.find('(').zip(written.rfind(')')) else { return true };
    let inside: String = written[open + 1..close.max(open + 1)].split_whitespace().collect();
    let numeric = short(plain(written).trim_end_matches("[]")) == "numeric";
    let whole = if numeric && !inside.contains(',') { format!("{inside},0") } else { inside };
    modifier == Some(whole.as_str())
}

/// Without its modifier, in lower case.
fn plain(name: &str) -> String {
    without_modifier(name).to_ascii_lowercase()
}

/// Without its modifier, and without blanks around: `timestamp(0) with time zone`.
fn without_modifier(name: &str) -> String {
    let name = name.trim();
    match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", name[..open].trim_end(), &name[close + 1..])
        }
        _ => name.to_string(),
    }
}

fn short(name: &str) -> &str {
    ALIASES.iter().find(|(long, _)| *long == name).map_or(name, |(_, short)| short)
}

/// The alias of a BSON value's type for `$type` (manual, "BSON Types").
pub(super) fn bson_type(value: &Bson) -> &'static str {
    match value {
        Bson::Double(_) => "double",
        Bson::String(_) => "string",
        Bson::Document(_) => "object",
        Bson::Array(_) => "array",
        Bson::Binary(_) => "binData",
        Bson::Undefined => "undefined",
        Bson::ObjectId(_) => "objectId",
        Bson::Boolean(_) => "bool",
        Bson::DateTime(_) => "date",
        Bson::Null => "null",
        Bson::RegularExpression(_) => "regex",
        Bson::DbPointer(_) => "dbPointer",
        Bson::JavaScriptCode(_) => "javascript",
        Bson::Symbol(_) => "symbol",
        Bson::JavaScriptCodeWithScope(_) => "javascriptWithScope",
        Bson::Int32(_) => "int",
        Bson::Timestamp(_) => "timestamp",
        Bson::Int64(_) => "long",
        Bson::Decimal128(_) => "decimal",
        Bson::MinKey => "minKey",
        Bson::MaxKey => "maxKey",
    }
}

/// Whether a value has the BSON type `name`; `number` is any of the four number types.
pub(super) fn is_bson_type(value: &Bson, name: &str) -> bool {
    let own = bson_type(value);
    own == name || name == "number" && matches!(own, "int" | "long" | "double" | "decimal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Shape;

    fn names(written: &str, name: &str) -> bool {
        names_type(written, &SqlType::named(name))
    }

    #[test]
    fn long_and_short_names_mean_the_same_type() {
        for (written, name) in [
            ("integer", "int4"),
            ("int4", "int4"),
            ("character varying", "varchar"),
            ("timestamp with time zone", "timestamptz"),
            ("text[]", "_text"),
            ("_int4", "_int4"),
            ("integer[][]", "_int4"),
            ("TEXT", "text"),
            ("char", "bpchar"),
            ("char(3)", "bpchar"),
            ("numeric(10, 2)", "numeric"),
            ("numeric(10,2)[]", "_numeric"),
            ("timestamp(0) with time zone", "timestamptz"),
            ("dec", "numeric"),
            ("float", "float8"),
            ("\"char\"", "char"),
        ] {
            assert!(names(written, name), "{written} {name}");
        }
    }

    #[test]
    fn other_types_are_other_types() {
        for (written, name) in
            [("int4", "int8"), ("text", "_text"), ("text[]", "text"), ("timestamp", "timestamptz"), ("varchar", "text")]
        {
            assert!(!names(written, name), "{written} {name}");
        }
    }

    #[test]
    fn a_name_with_a_schema_is_a_type_of_that_schema() {
        let of = |schema: &str, name: &str| SqlType { schema: schema.into(), oid: 17_000, ..SqlType::named(name) };
        let int4 = SqlType { schema: CATALOG.into(), oid: 23, ..SqlType::named("int4") };
        for (written, sql_type) in [
            ("mood", of("app", "mood")),
            ("app.mood", of("app", "mood")),
            ("App.MOOD", of("app", "mood")),
            ("\"My.App\".\"Mood\"", of("My.App", "Mood")),
            ("Mood", of("app", "Mood")),
            ("pg_catalog.int4", int4.clone()),
            ("integer", int4.clone()),
        ] {
            assert!(names_type(written, &sql_type), "{written}");
        }
        for (written, sql_type) in [
            ("other.mood", of("app", "mood")),
            ("app.\"Mood\"", of("app", "mood")),
            ("mood", of("app", "Mood")),
            ("app.int4", int4),
            ("int4", of("app", "int4")),
            ("pg_catalog.int4", of("app", "int4")),
            ("integer", of("app", "int4")),
        ] {
            assert!(!names_type(written, &sql_type), "{written}");
        }
        let moods = Shape::Array { element: Box::new(of("app", "mood")), delimiter: ',' };
        let moods = SqlType { name: "_mood".into(), schema: "app".into(), oid: 17_001, shape: moods };
        assert!(
            names_type("app.mood[]", &moods) && names_type("mood []", &moods) && !names_type("other.mood[]", &moods)
        );
    }

    #[test]
    fn number_is_any_number_and_nothing_else() {
        assert!(is_bson_type(&Bson::Int64(1), "number") && is_bson_type(&Bson::Double(1.0), "number"));
        assert!(
            is_bson_type(&Bson::Decimal128("1".parse().unwrap()), "number") && is_bson_type(&Bson::Int32(1), "number")
        );
        assert!(!is_bson_type(&Bson::String("1".into()), "number"));
        assert!(is_bson_type(&Bson::Int64(1), "long") && !is_bson_type(&Bson::Int64(1), "int"));
    }
}
