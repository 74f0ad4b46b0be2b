//! The types that PostgreSQL itself has.

/// Types of the server's own, by the names of `format_type`, of the standard and of `pg_type` (manual, 8, table 8.1).
#[rustfmt::skip]
pub const PG_TYPES: &[&str] = &[
    "aclitem", "anyarray", "bigint", "bigserial", "bit", "bit varying", "bool", "boolean", "box", "bpchar", "bytea", "char",
    "char varying", "character", "character varying", "cid", "cidr", "circle", "cstring", "date", "datemultirange", "daterange",
    "dec", "decimal", "double precision", "float", "float4", "float8", "inet", "int", "int2", "int2vector",
    "int4", "int4multirange", "int4range", "int8", "int8multirange", "int8range", "integer", "interval", "json", "jsonb",
    "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money", "name", "numeric", "nummultirange", "numrange", "oid",
    "oidvector", "path", "pg_lsn", "pg_snapshot", "point", "polygon", "real", "record", "refcursor", "regclass",
    "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure", "regrole",
    "regtype", "serial", "smallint", "smallserial", "text", "tid", "time", "time with time zone", "time without time zone",
    "timestamp", "timestamp with time zone", "timestamp without time zone", "timestamptz", "timetz", "tsmultirange", "tsquery",
    "tsrange", "tstzmultirange", "tstzrange", "tsvector", "txid_snapshot", "unknown", "uuid", "varbit", "varchar", "void",
    "xid", "xid8", "xml",
];
