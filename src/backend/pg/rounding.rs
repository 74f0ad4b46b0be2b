//! Floating point that a session prints rounded (manual, 19.11.2, `extra_float_digits` below 1). Columns of floating point, and
//! arrays of it, have a binary form that polyspec reads; values of other types that hold some are refused.

use crate::observation::SqlType;

/// Asks for it.
pub(super) const QUERY: &str = "SHOW extra_float_digits";

/// The OIDs of `float4`, `float8` and arrays of them.
const BINARY: [u32; 4] = [700, 701, 1021, 1022];

/// The OIDs of `float4`, `float8`, of `point`, `lseg`, `path`, `box`, `polygon`, `line`, `circle`, and of `record`: what that
/// holds nobody describes.
const ROUNDED: [u32; 10] = [700, 701, 600, 601, 602, 603, 604, 628, 718, 2249];

/// Whether a text may change it from here on.
pub(super) fn is_about_digits(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains("extra_float_digits")
}

/// Whether a type's binary form is read.
pub(super) fn is_exact_in_binary(oid: u32) -> bool {
    BINARY.contains(&oid)
}

/// Whether values of the type are printed rounded, or hold some that are.
pub(super) fn is_rounded(sql_type: &SqlType) -> bool {
    sql_type.holds(&|part| ROUNDED.contains(&part.oid))
}

/// What is said of a column that only its rounded text is known of.
pub(super) fn refused(column: &str, digits: i32) -> String {
    format!(
        "floating point in column `{column}` is rounded by extra_float_digits = {digits}, and cannot be compared: run \
         `SET extra_float_digits = 1` in a step before"
    )
}
