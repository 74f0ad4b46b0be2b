//! Floating point that a session prints rounded (manual, 19.11.2, `extra_float_digits` below 1). Columns of floating point, and
//! arrays of it, have a binary form that polyspec reads; values of other types that hold some are refused.

/// Asks for it.
pub(super) const QUERY: &str = "SHOW extra_float_digits";

/// The OIDs of `float4`, `float8` and arrays of them.
const BINARY: [u32; 4] = [700, 701, 1021, 1022];

/// The OIDs of `point`, `lseg`, `path`, `box`, `polygon`, `line`, `circle`, and of arrays of them.
const GEOMETRIC: [u32; 14] = [600, 601, 602, 603, 604, 628, 718, 1017, 1018, 1019, 1020, 1027, 629, 719];

/// The OIDs of `record` and of arrays of it: what they hold nobody describes.
const RECORDS: [u32; 2] = [2249, 2287];

/// The first OID of a type that is not the server's own (manual, 52, `FirstNormalObjectId`).
const FIRST_OF_OTHERS: u32 = 16_384;

/// Whether a text may change it from here on.
pub(super) fn is_about_digits(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains("extra_float_digits")
}

/// Whether a type's binary form is read.
pub(super) fn is_exact_in_binary(oid: u32) -> bool {
    BINARY.contains(&oid)
}

/// Whether values of a type of the server's own are printed rounded.
pub(super) fn is_rounded(oid: u32) -> bool {
    BINARY.contains(&oid) || GEOMETRIC.contains(&oid) || RECORDS.contains(&oid)
}

/// Whether only the catalog knows what a type is made of.
pub(super) fn must_be_asked(oid: u32) -> bool {
    oid >= FIRST_OF_OTHERS
}

/// The query for those of the types that hold floating point: composites, arrays, ranges and multiranges of it, to any depth.
pub(super) fn holders(oids: &[u32]) -> String {
    let list = |oids: &[u32]| oids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let rounded = list(&[&BINARY[..], &GEOMETRIC, &RECORDS].concat());
    format!(
        "WITH RECURSIVE part (root, id) AS ( \
           SELECT t.oid, t.oid FROM pg_catalog.pg_type t \
             WHERE t.oid OPERATOR(pg_catalog.=) ANY ('{{{}}}'::pg_catalog.oid[]) \
           UNION SELECT part.root, next.id FROM part, LATERAL ( \
             SELECT t.typelem FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) part.id \
             UNION ALL SELECT t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) part.id \
             UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r \
               WHERE r.rngtypid OPERATOR(pg_catalog.=) part.id OR r.rngmultitypid OPERATOR(pg_catalog.=) part.id \
             UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t \
               ON t.typrelid OPERATOR(pg_catalog.=) a.attrelid AND t.oid OPERATOR(pg_catalog.=) part.id \
               WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) AS next (id)) \
         SELECT DISTINCT root FROM part WHERE id OPERATOR(pg_catalog.=) ANY ('{{{rounded}}}'::pg_catalog.oid[])",
        list(oids)
    )
}

/// What is said of a column that only its rounded text is known of.
pub(super) fn refused(column: &str, digits: i32) -> String {
    format!(
        "floating point in column `{column}` is rounded by extra_float_digits = {digits}, and cannot be compared: run \
         `SET extra_float_digits = 1` in a step before"
    )
}
