//! The keys of `generate`: which rows, and what their columns hold.

use super::keys_edge::{EDGE_TYPE, TYPES};
use super::shape::{Key, Shape, Table, key, required};
use Shape::{Any, Either, List, Map, Number, OneOrMany, Scalar, Some, Text, Whole, Words};

/// Languages that names and addresses are made in.
const LOCALES: &[&str] = &["de", "en", "en_au", "en_gb", "fr", "it", "ja", "pt"];

/// `generate`.
pub(crate) static GENERATE: Table = Table::new(
    "a generation",
    "Makes realistic rows, the same for the same seed, and streams them in by COPY or bulk inserts.",
    &[
        key("seed", Scalar, "A number or a text; the same seed makes the same rows. `1` if absent."),
        required(
            "into",
            Some(&Shape::Table(&INTO)),
            "The tables, or the collections, to fill. A reference leads to an earlier one; one waits for those that it refers to.",
        ),
    ],
);

static INTO: Table = Table {
    name: "a generated table",
    doc: "A table or a collection, how many rows it gets and what they hold.",
    keys: &[
        key("table", Scalar, "PostgreSQL: the table. It is filled in a transaction of its own, all or nothing."),
        key("collection", Scalar, "MongoDB: the collection."),
        required("rows", Scalar, "How many rows or documents."),
        key(
            "locale",
            Either(&[OneOrMany(&Words(LOCALES)), Shape::Table(&LOCALE)]),
            "The language and country of names, addresses and telephone numbers; of several, one for each row. `en` if absent.",
        ),
        key(
            "belongs_to",
            Map(&Either(&[Text, Shape::Table(&PARENT)])),
            "Rows of earlier tables that each row belongs to, by a name: `buyer: customer`. Columns refer to them (`ref: buyer.customer_id`).",
        ),
        key("hidden", Map(&COLUMN), "Columns that other columns use and that are not written."),
        required("columns", Map(&COLUMN), "The columns of the table, or the fields of each document."),
    ],
    one_of: &["table", "collection"],
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static LOCALE: Table = Table::new(
    "a locale by column",
    "The locale follows from another column.",
    &[
        required("by", Text, "The column."),
        required("is", Map(&OneOrMany(&Words(LOCALES))), "By its value: the locale, or several."),
    ],
);

static PARENT: Table = Table::new(
    "a parent",
    "A row of an earlier table that each row belongs to.",
    &[
        required("table", Text, "The earlier table."),
        key(
            "pick",
            Words(&["any", "distinct", "in_order"]),
            "`any` row (if absent), any but none twice (`distinct`), or the first rows to the first (`in_order`).",
        ),
        key("skew", Whole, "For `any`: 1 is even; with 2 and more, few rows are picked often and most seldom."),
        key("per_parent", Whole, "For `in_order`: how many rows belong to each; 1 if absent."),
        key("per", Text, "Picked once for each value of this repeating sequence, not for each row."),
    ],
);

/// Kinds that need no more than their name.
const PLAIN: &[&str] = &[
    "name",
    "email",
    "address",
    "phone",
    "company",
    "word",
    "sentence",
    "bool",
    "uuid",
    "object_id",
    "sequence",
    "integer",
];

static COLUMN: Shape = Either(&[Words(PLAIN), Shape::Table(&KIND)]);

/// Keys that say what a column holds.
pub(crate) const KINDS: &[&str] = &[
    "sequence",
    "position",
    "kind",
    "email",
    "one_of",
    "edge_values",
    "map",
    "integer",
    "number",
    "date",
    "timestamp",
    "after",
    "ref",
    "text",
];

static KIND: Table = Table {
    name: "a generated column",
    doc: "What a column holds.",
    keys: KIND_KEYS,
    one_of: KINDS,
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static KIND_KEYS: &[Key] = &[
    key("sequence", Either(&[Scalar, Shape::Table(&SEQUENCE)]), "Numbers in order, from this one."),
    key("position", Text, "1, 2, … within the rows for which this repeating sequence has one value."),
    key("kind", Words(PLAIN), "A plain kind with other keys beside it: `{ kind: phone, null_share: 0.2 }`."),
    key(
        "email",
        Text,
        "An e-mail address out of the name in this column; alone, `email` takes the table's first `name`.",
    ),
    key(
        "one_of",
        Either(&[Some(&Any), Map(&Whole)]),
        "One of these values; as a mapping, each with its weight: `{ Card: 3, Cash: 1 }`.",
    ),
    key(
        "edge_values",
        Either(&[Words(TYPES), Shape::Table(&EDGE_TYPE)]),
        "The values at the edges of a type in order, and again from the first.",
    ),
    key("map", Shape::Table(&MAP), "The replacement for the value of another column."),
    key("integer", Shape::Table(&RANGE), "A whole number."),
    key("number", Shape::Table(&NUMBER), "A number with decimals."),
    key("date", Shape::Table(&TIMES), "A day; both ends count as inside."),
    key("timestamp", Shape::Table(&TIMES), "A moment in time; `to` is excluded."),
    key("after", Shape::Table(&AFTER), "A day some days after the one in another column."),
    key("ref", Text, "The value in a row that this one belongs to: `customer.customer_id`, `line.buyer.customer_id`."),
    key(
        "text",
        Text,
        "Text with other columns in braces, `{row}` for the number of the row, `{seed}` for the seed: `{style} {item} {row}`.",
    ),
    key("per", Text, "Made once for each value of this repeating sequence, or row of this parent, not for each row."),
    key("null_share", Number, "The share of rows in which it is NULL, from 0 to 1."),
];

static SEQUENCE: Table = Table::new(
    "a sequence of numbers",
    "Numbers in order.",
    &[
        key("from", Scalar, "The first; 1 if absent."),
        key("step", Number, "The distance to the next; 1 if absent."),
        key(
            "repeat",
            Some(&Whole),
            "How often each number is repeated, in turn: `[1, 1, 2]` makes 1, 2, 3, 3, 4, 5, 6, 6, …",
        ),
        key(
            "of",
            Text,
            "PostgreSQL: the sequence that a block of numbers is taken from first, with its own start and step; in files they begin at `from`.",
        ),
    ],
);

static MAP: Table = Table::new(
    "a map",
    "The replacement for the value of another column.",
    &[
        required("by", Text, "The other column."),
        required("is", Map(&Any), "Its values, and the replacement for each; NULL for the others."),
    ],
);

static RANGE: Table = Table::new(
    "a range of whole numbers",
    "Both ends count as inside.",
    &[required("from", Number, "The least."), required("to", Number, "The greatest.")],
);

static NUMBER: Table = Table {
    name: "a range of numbers",
    doc: "Both ends count as inside.",
    keys: &[
        key("from", Number, "The least."),
        key("to", Number, "The greatest."),
        key(
            "ranges",
            Some(&List(&Number)),
            "Several ranges, each as likely as the next: `[[10, 100], [100.01, 250]]`.",
        ),
        key("decimals", Whole, "Digits after the point; 2 if absent."),
    ],
    one_of: &["from", "ranges"],
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static TIMES: Table = Table::new(
    "a range of times",
    "From a day or moment to another.",
    &[
        required("from", Text, "The first: `2024-01-01`, of a timestamp also `2024-01-01T08:00:00Z`."),
        required("to", Text, "The last."),
    ],
);

static AFTER: Table = Table::new(
    "a later day",
    "A day some days after another.",
    &[
        required("date", Text, "The column with the day, `line.order_date`."),
        required("days", Shape::Table(&RANGE), "How many days later."),
    ],
);
