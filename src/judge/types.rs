//! Names of types: PostgreSQL's long and short names mean the same, and BSON types by their aliases of `$type`.

use bson::Bson;

use crate::observation::SqlType;

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

/// Whether what an author wrote names the type, whatever modifier it is written with: `numeric(10,2)` is `numeric`.
pub(super) fn names_type(written: &str, sql_type: &SqlType) -> bool {
    let written = plain(written);
    match (written.strip_suffix("[]"), &sql_type.element) {
        (Some(element), Some(of)) => names_type(element.trim_end_matches("[]"), of),
        _ => written.eq_ignore_ascii_case(&sql_type.name) || short(&written) == sql_type.name,
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

/// Without its modifier, in lower case, and without blanks around: `timestamp(0) with time zone`.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", name[..open].trim_end(), &name[close + 1..])
        }
        _ => name,
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
    fn number_is_any_number_and_nothing_else() {
        assert!(is_bson_type(&Bson::Int64(1), "number") && is_bson_type(&Bson::Double(1.0), "number"));
        assert!(
            is_bson_type(&Bson::Decimal128("1".parse().unwrap()), "number") && is_bson_type(&Bson::Int32(1), "number")
        );
        assert!(!is_bson_type(&Bson::String("1".into()), "number"));
        assert!(is_bson_type(&Bson::Int64(1), "long") && !is_bson_type(&Bson::Int64(1), "int"));
    }
}
