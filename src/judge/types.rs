//! Names of types: PostgreSQL's long and short names mean the same, and BSON types by their aliases of `$type`.

use bson::Bson;

/// Names of `format_type` and the standard, and the `pg_type.typname` that they mean (manual, 8.0, table 8.1).
const ALIASES: [(&str, &str); 19] = [
    ("smallint", "int2"),
    ("integer", "int4"),
    ("int", "int4"),
    ("bigint", "int8"),
    ("real", "float4"),
    ("double precision", "float8"),
    ("decimal", "numeric"),
    ("boolean", "bool"),
    ("character varying", "varchar"),
    ("character", "bpchar"),
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

/// Whether two names mean the same type of PostgreSQL.
pub(super) fn same_sql_type(one: &str, other: &str) -> bool {
    short(one) == short(other)
}

fn short(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    if let Some(element) = name.strip_suffix("[]") {
        return format!("_{}", short(element).trim_start_matches('_'));
    }
    let (prefix, bare) = name.strip_prefix('_').map_or(("", name.as_str()), |bare| ("_", bare));
    let known = ALIASES.iter().find(|(long, _)| *long == bare).map_or(bare, |(_, short)| short);
    format!("{prefix}{known}")
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

    #[test]
    fn long_and_short_names_mean_the_same_type() {
        for (one, other) in [
            ("int4", "integer"),
            ("character varying", "varchar"),
            ("timestamptz", "timestamp with time zone"),
            ("_text", "text[]"),
            ("_int4", "integer[]"),
            ("integer[][]", "_int4"),
            ("TEXT", "text"),
        ] {
            assert!(same_sql_type(one, other), "{one} {other}");
        }
    }

    #[test]
    fn other_types_are_other_types() {
        for (one, other) in
            [("int4", "int8"), ("text", "_text"), ("varchar(20)", "varchar"), ("timestamp", "timestamptz")]
        {
            assert!(!same_sql_type(one, other), "{one} {other}");
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
