//! Every key of a workload, with its meaning.

use super::keys::{FAULT, STEP};
use super::keys_edge::{EDGE_TYPE, EDGE_VALUES, TYPES};
use super::shape::{Key, Shape, Table, key, required};
use Shape::{Any, Bool, Duration, Either, List, Map, OneOrMany, Scalar, Some, Text, Whole, Words};

/// `workload:` of a step.
pub(crate) static WORKLOAD: Table = Table {
    name: "a workload",
    doc: "Clients that run operations side by side. Every operation ends as ok, failed (it did not take place) or unknown (no reply, or one that leaves it open); `expect: { reply: { ok: …, failed: …, unknown: …, order.ok: … } }` counts them, all and by the name of the operation. When none is ok, or a fault was not reached, nothing was proven.",
    keys: WORKLOAD_KEYS,
    one_of: &[],
    at_most_one: &["operations", "time"],
    or_alone: None,
    may_be_empty: false,
};

static WORKLOAD_KEYS: &[Key] = &[
    required("clients", Whole, "How many clients there are, 1 to 64, each with sessions of its own."),
    key(
        "operations",
        Whole,
        "How many operations they run in all; as many as the longest list that is drawn `in_turn` has values, if absent.",
    ),
    key("time", Duration, "How long they run; operations that have begun are finished."),
    key(
        "seed",
        Whole,
        "What the choice of operations and everything drawn comes from, for each client the same every time; 1 if absent.",
    ),
    key("on", OneOrMany(&Text), "Where the clients are, one after the other: `[pg.apj, pg.emea]`, `pg.*`, `mongo`."),
    required("mix", Some(&Shape::Table(&OPERATION)), "The kinds of operations."),
    key("faults", List(&Shape::Table(&TIMED_FAULT)), "Faults beside the clients, in order."),
];

static OPERATION: Table = Table::new(
    "an operation",
    "Steps that hold together. They see `${client}` and `${operation}` (numbers from 1), `${random}` (0 to 2147483647) and what is drawn; their sessions are the client's own. An operation that does not hold is aborted.",
    &[
        required("name", Scalar, "What it is called in the record."),
        key("weight", Whole, "How often it is chosen as against the others; 1 if absent."),
        key(
            "retry",
            Whole,
            "How many times it is tried again after a transient conflict (TransientTransactionError, SQLSTATE 40001 or 40P01); 0 if absent.",
        ),
        key(
            "draw",
            Map(&Either(&[Some(&Any), Shape::Table(&DRAW)])),
            "Variables drawn from the seed: one of a list, or a whole number of a range, `{ from: 1, to: 5 }`; or the values of a list in turn.",
        ),
        required("steps", Some(&Shape::Table(&STEP)), "Steps with `sql`, `mongo`, `explain`, `transaction` or `use`."),
        key("record", Any, "The key of what it writes, kept with its outcome for `expect: { recorded: … }`."),
        key(
            "monotonic",
            Scalar,
            "A number that it read and that never decreases for one client: reads do not go back in time.",
        ),
        key("invariant", Bool, "Whether what its steps expect must hold every time; else it merely has not succeeded."),
    ],
);

static DRAW: Table = Table {
    name: "a draw",
    doc: "What a value is drawn from.",
    keys: DRAW_KEYS,
    one_of: &["from", "in_turn", "edge_values"],
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static DRAW_KEYS: &[Key] = &[
    key("from", Whole, "A range of whole numbers, both ends included: the least."),
    key("to", Whole, "The greatest."),
    key(
        "in_turn",
        Either(&[Some(&Any), Shape::Table(&EDGE_VALUES)]),
        "A list, or edge values: one for each operation in order. The mix has one operation then, and as many are run as the longest list has values, if `operations` says nothing else.",
    ),
    key(
        "edge_values",
        Either(&[Words(TYPES), Shape::Table(&EDGE_TYPE)]),
        "One of the values at the edges of a type, drawn.",
    ),
];

static TIMED_FAULT: Table = Table::new(
    "a fault of a workload",
    "A fault beside the clients.",
    &[
        required("after", Either(&[Whole, Duration]), "When: after so many operations, or after a time."),
        required("fault", Shape::Table(&FAULT), "What is injected."),
    ],
);
