//! The keys of `edge_values`: of which type, and what is left out.

use super::shape::{Key, Shape, Table, key, required};
use crate::language::edge::{EMAIL_KINDS, TEXT_KINDS};
use Shape::{Either, Scalar, Some, Whole, Words};

/// The types that have edge values.
pub(crate) const TYPES: &[&str] = &[
    "text",
    "string",
    "email",
    "integer",
    "int",
    "bigint",
    "numeric",
    "date",
    "timestamp",
    "json",
    "long",
    "double",
    "decimal",
    "datetime",
];

/// The types that have options.
const WITH_OPTIONS: &[&str] = &[
    "text",
    "string",
    "email",
    "integer",
    "int",
    "bigint",
    "numeric",
    "date",
    "timestamp",
    "long",
    "decimal",
    "datetime",
];

/// A value that is a list of edge values.
pub(crate) static EDGE_VALUES: Table = Table::new(
    "a list of edge values",
    "The values at the edges of a type, a list that is the same every time: what is cut, trimmed, rounded, quoted or taken for something else.",
    &[required(
        "edge_values",
        Either(&[Words(TYPES), Shape::Table(&EDGE_TYPE)]),
        "Their type; as a mapping, with what is left out: `{ text: { max: 200, not: [empty] } }`.",
    )],
);

/// A type with its options.
pub(crate) static EDGE_TYPE: Table = Table {
    name: "a type of edge values",
    doc: "A type, and which of its values are left out.",
    keys: EDGE_TYPE_KEYS,
    one_of: WITH_OPTIONS,
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static EDGE_TYPE_KEYS: &[Key] = &[
    key("text", Shape::Table(&TEXTS), "Text of any kind."),
    key("string", Shape::Table(&TEXTS), "The same, by its name in BSON."),
    key("email", Shape::Table(&EMAILS), "E-mail addresses."),
    key("integer", Shape::Table(&RANGE), "Whole numbers of 32 bits."),
    key("int", Shape::Table(&RANGE), "The same, by its name in BSON."),
    key("bigint", Shape::Table(&RANGE), "Whole numbers of 64 bits."),
    key("numeric", Shape::Table(&DIGITS), "Numbers with a fixed count of digits after the point."),
    key("date", Shape::Table(&RANGE), "Days, from 1900-01-01 to 2200-12-31 if nothing else is said."),
    key("timestamp", Shape::Table(&RANGE), "Moments to the microsecond, without a zone; from the same time."),
    key("long", Shape::Table(&RANGE), "BSON: whole numbers of 64 bits, also where they fit 32."),
    key("decimal", Shape::Table(&DIGITS), "BSON: Decimal128."),
    key("datetime", Shape::Table(&RANGE), "BSON: dates, which have milliseconds; from the same time."),
];

static TEXTS: Table = Table::new(
    "a choice of texts",
    "Which texts.",
    &[
        key("max", Whole, "The greatest length in characters; 10000 if absent. Some are exactly as long."),
        key("not", Some(&Words(TEXT_KINDS)), "Kinds that are left out."),
        key("only", Some(&Words(TEXT_KINDS)), "The kinds that are wanted; all if absent."),
    ],
);

static EMAILS: Table = Table::new(
    "a choice of e-mail addresses",
    "Which addresses.",
    &[
        key("max", Whole, "The greatest length in characters; 81 if absent."),
        key("not", Some(&Words(EMAIL_KINDS)), "Kinds that are left out."),
        key("only", Some(&Words(EMAIL_KINDS)), "The kinds that are wanted; all if absent."),
    ],
);

static RANGE: Table = Table::new(
    "an edge range",
    "Both ends count as inside, and are among the values.",
    &[
        key("from", Scalar, "The least; that of the type if absent."),
        key("to", Scalar, "The greatest; that of the type if absent."),
    ],
);

static DIGITS: Table = Table::new(
    "a decimal edge range",
    "Both ends count as inside, and are among the values.",
    &[
        key("precision", Whole, "Digits in all, 1 to 34; 30 if absent, of a `decimal` 34."),
        key("scale", Whole, "Digits after the point; 10 if absent, of a `decimal` 12."),
        key("from", Scalar, "The least; that of the digits if absent."),
        key("to", Scalar, "The greatest; that of the digits if absent."),
    ],
);
