//! Every key of scenarios and steps, with its meaning: the one source of the check, of did-you-mean and of the schema.

use super::keys_edge::EDGE_VALUES;
use super::keys_generate::GENERATE;
use super::keys_workload::WORKLOAD;
use super::shape::{Key, Shape, Table, key, required};
use Shape::{Any, Bool, Duration, Either, List, Map, Number, OneOrMany, Operators, Scalar, Some, Text, Whole, Words};

/// A scenario file.
pub(crate) static SCENARIO: Table = Table {
    name: "a scenario",
    doc: "One file; it runs on a private, fresh copy of the system.",
    keys: SCENARIO_KEYS,
    one_of: &[],
    at_most_one: &["requirements", "design"],
    or_alone: None,
    may_be_empty: false,
};

static SCENARIO_KEYS: &[Key] = &[
    required("scenario", Text, "The sentence that says what holds."),
    key("requirements", Some(&Scalar), "Ids of the requirements that it proves, `P2.3`: for a suite with a register."),
    key(
        "design",
        Text,
        "Instead of requirements: what the suite's system has decided by itself. Other systems are not held to it.",
    ),
    key("tags", List(&Scalar), "Free words to select by."),
    key("points", Number, "Its share inside the requirement; 1 if absent."),
    key("hidden", Bool, "Whether only graders see it run."),
    key(
        "probe",
        Bool,
        "Whether it runs first when a submission is graded: where it fails, what `stands_on` its requirements is not examined.",
    ),
    key("system", Text, "The folder of the system under test, relative to the suite; the suite's own if absent."),
    key(
        "needs",
        List(&Text),
        "What must be there beyond what the steps imply: `faults`, `pg >= 17`, `mongo members >= 3`, `pg.apj`.",
    ),
    key(
        "vars",
        Map(&BOUND_VALUE),
        "Variables: `${name}` in a step is replaced with the value. A later one may use an earlier one.",
    ),
    key(
        "cases",
        Some(&Map(&BOUND_VALUE)),
        "Rows of variables: one run and one verdict each. The key `case` names the row.",
    ),
    key("timeout", Duration, "The time limit of one run."),
    key("todo", Text, "Why it is expected to fail; a pass is then reported."),
    required("steps", Some(&Shape::Table(&STEP)), "What it does: steps, run in order until one does not hold."),
    key("finally", List(&Shape::Table(&STEP)), "Steps that are always run, also after a failure."),
];

/// What a variable may be given.
static BOUND_VALUE: Shape = Either(&[Shape::Marked(&EDGE_VALUES), Any]);

/// Keys that say what a step does.
pub(crate) const ACTIONS: &[&str] =
    &["sql", "mongo", "explain", "load", "generate", "fault", "catch_up", "workload", "await", "use", "run"];

/// A step.
pub(crate) static STEP: Table = Table {
    name: "a step",
    doc: "Sends something to a live node and says what is expected back.",
    keys: STEP_KEYS,
    one_of: ACTIONS,
    at_most_one: &[],
    or_alone: Option::Some("transaction"),
    may_be_empty: false,
};

static STEP_KEYS: &[Key] = &[
    key(
        "sql",
        Either(&[Text, Shape::Table(&SQL_FILE)]),
        "SQL to send; several statements may follow one another. Or a file: `{ file: schema.sql }`.",
    ),
    key("mongo", Map(&Any), "A command document of MongoDB, in Extended JSON where types matter."),
    key(
        "explain",
        Either(&[Text, Map(&Any)]),
        "A statement (without the word EXPLAIN) or a command document whose plan is asked for, with execution statistics.",
    ),
    key("load", Shape::Table(&LOAD), "Reads a data file into a table or a collection."),
    key("generate", Shape::Table(&GENERATE), "Makes realistic rows, the same for the same seed, and streams them in."),
    key("fault", Shape::Table(&FAULT), "Injects a fault."),
    key(
        "catch_up",
        Words(&["pg", "mongo"]),
        "Waits until every member has replayed what was written so far, and reports the lag.",
    ),
    key(
        "workload",
        Shape::Table(&WORKLOAD),
        "Runs concurrent clients, with faults beside them, and records every outcome.",
    ),
    key(
        "await",
        Scalar,
        "Collects the outcome of the earlier step that `blocks` under this name, or reads on from its `stream`.",
    ),
    key(
        "use",
        Scalar,
        "Runs a named list of steps of the suite or the system; what its last step returns is what it returns.",
    ),
    key(
        "run",
        Either(&[Some(&Scalar), Shape::Table(&PROGRAM)]),
        "Starts a program, `[program, argument, …]`, without a shell; only where `--allow-run` allows it.",
    ),
    key("with", Map(&BOUND_VALUE), "Variables for the list that `use` names."),
    key(
        "on",
        OneOrMany(&Text),
        "The node or nodes: `pg` (any peer), `pg.apj`, `pg.*`, `mongo`, `mongo.primary`, `mongo.secondary`, `mongo.*`. `expect` must hold on each.",
    ),
    key("session", Scalar, "A named connection or client session that is kept for the whole scenario."),
    key(
        "transaction",
        Either(&[Words(&["start", "commit", "abort"]), Shape::Table(&TRANSACTION)]),
        "MongoDB: starts a transaction with this command, or commits or aborts the session's.",
    ),
    key("params", List(&Any), "Values for `$1` and so on of one SQL statement."),
    key("stdin", Scalar, "What `COPY … FROM STDIN` under `sql` reads: its lines, in the format that it names."),
    key("expect", Shape::Table(&EXPECT), "What is expected back; without it the step must merely succeed."),
    key("golden", Scalar, "The section of the golden file that the output is compared with."),
    key(
        "eventually",
        Duration,
        "Retries until `expect` holds, for at most this long; the time it took is reported as the lag.",
    ),
    key(
        "blocks",
        Scalar,
        "The step must be seen waiting on a lock; a later `await` of this name collects its outcome.",
    ),
    key(
        "stream",
        Scalar,
        "MongoDB: the cursor of a change stream or of a tailable `find` stays open; a later `await` of this name reads what comes.",
    ),
    key("save", Map(&Scalar), "Values to keep: variable and path into the result (`0.0`, `documents.0._id`, `value`)."),
    key("timeout", Duration, "The time limit of one statement, instead of the suite's."),
];

static PROGRAM: Table = Table::new(
    "a program",
    "Starts a program without a shell; what it gives is `{ exit, stdout, stderr }`.",
    &[
        required("program", Some(&Scalar), "The program and its arguments."),
        key("input", Scalar, "What it reads from its standard input; nothing if absent."),
        key("environment", Map(&Scalar), "Variables of its environment, beside those that every program has."),
    ],
);

static SQL_FILE: Table = Table::new(
    "an SQL file",
    "SQL that lies in a file beside this one; sent as it is, without variables.",
    &[required("file", Text, "The file, relative to the folder of this one.")],
);

static LOAD: Table = Table::new(
    "a load",
    "Reads a data file into a table or a collection.",
    &[
        required("file", Text, "The file, beside this one: `.csv`, `.jsonl`, or `.json` (an array in Extended JSON)."),
        required("into", Scalar, "The table or the collection."),
    ],
);

static TRANSACTION: Table = Table::new(
    "a transaction",
    "Starts a transaction with options.",
    &[required("start", Shape::Table(&TRANSACTION_OPTIONS), "The options of the driver.")],
);

static TRANSACTION_OPTIONS: Table = Table::new(
    "the start of a transaction",
    "Options of the driver.",
    &[
        key("readConcern", Map(&Any), "`{ level: snapshot }` and so on."),
        key("writeConcern", Map(&Any), "`{ w: majority }` and so on."),
        key("readPreference", Any, "Transactions read from the primary; other values are refused by the server."),
        key("maxCommitTimeMS", Whole, "The time limit of the commit in milliseconds."),
    ],
);

/// Kinds of faults.
pub(crate) const FAULTS: &[&str] = &["stop", "start", "restart", "kill", "pause", "resume", "step_down", "cut", "heal"];

/// A fault.
pub(crate) static FAULT: Table = Table {
    name: "a fault",
    doc: "Does something to servers that polyspec owns.",
    keys: FAULT_KEYS,
    one_of: FAULTS,
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static FAULT_KEYS: &[Key] = &[
    key("stop", OneOrMany(&Text), "An orderly shutdown of these nodes."),
    key("start", OneOrMany(&Text), "Starts nodes that were stopped or killed."),
    key("restart", OneOrMany(&Text), "Stops these nodes, then starts them."),
    key("kill", OneOrMany(&Text), "Ends these nodes by SIGKILL, as a crash would."),
    key("pause", OneOrMany(&Text), "SIGSTOP: the node hangs with its connections open."),
    key("resume", OneOrMany(&Text), "SIGCONT after a pause."),
    key("step_down", Words(&["mongo"]), "The primary of the replica set steps down and another is elected."),
    key(
        "cut",
        OneOrMany(&Either(&[Text, Some(&Text)])),
        "Cuts these nodes off from one another, `[pg.apj, pg.emea]`, or groups of them, `[[pg.apj], [pg.emea, pg.latam]]`; one alone from all others, `pg.*` each from each. Clients reach them all.",
    ),
    key("heal", OneOrMany(&Text), "Ends the cuts of these nodes, or `all`."),
];

/// What must come back.
pub(crate) static EXPECT: Table =
    Table::new("an expectation", "What is expected back from a step; every part that is given must hold.", EXPECT_KEYS);

/// One of several right outcomes.
static ALTERNATIVE: Table = Table {
    name: "an alternative",
    doc: "An expectation that one of several right outcomes meets; `{}` when the step merely succeeds.",
    keys: EXPECT_KEYS,
    one_of: &[],
    at_most_one: &[],
    or_alone: None,
    may_be_empty: true,
};

static EXPECT_KEYS: &[Key] = &[
    key(
        "rows",
        Either(&[List(&List(&Any)), Text]),
        "SQL: the rows in order, each a list of cells, compared by the column's type; or one variable that lists rows or, for one column, values.",
    ),
    key("rows_unordered", Either(&[List(&List(&Any)), Text]), "SQL: the rows in any order."),
    key("value", Any, "SQL: one row of one column with this value."),
    key(
        "columns",
        Either(&[Some(&Either(&[Scalar, Map(&Scalar)])), Map(&Scalar)]),
        "SQL: the columns in order: names, or names with types (`[{ id: integer }]`, `{ id: integer }`).",
    ),
    key("affected", Any, "SQL: the number of rows that the last command changed."),
    key("empty", Bool, "No rows or documents (`true`), or at least one (`false`)."),
    key("error", Shape::Table(&ERROR), "The statement must fail in this way."),
    key(
        "documents",
        Either(&[List(&Either(&[Map(&Any), Text])), Text]),
        "MongoDB: the documents in order; or one variable that lists them.",
    ),
    key(
        "documents_unordered",
        Either(&[List(&Either(&[Map(&Any), Text])), Text]),
        "MongoDB: the documents in any order.",
    ),
    key("reply", Map(&Any), "MongoDB, `workload`, `run`: fields that the reply must have; others may be there too."),
    key("plan", Shape::Table(&PLAN), "Of an `explain`: what the plan must be like."),
    key(
        "notices",
        List(&Either(&[Scalar, Operators, Shape::Table(&NOTICE)])),
        "SQL: all notices and warnings that the server sends, in order; each the text that its message contains, an operator, or its parts.",
    ),
    key(
        "notifications",
        List(&Shape::Table(&NOTIFICATION)),
        "SQL: all notifications of NOTIFY that the session receives, in order.",
    ),
    key("agree", Bool, "The result must be the same on all nodes of the step."),
    key(
        "recorded",
        Words(&["present", "once", "exactly"]),
        "The first column or field of each row, against what workloads before have recorded: every acknowledged key is there (`present`), once and none twice (`once`), and nothing else but what is unknown (`exactly`).",
    ),
    key("within", Duration, "A bound on the lag that `eventually` or `catch_up` measured."),
    key(
        "one_of",
        Map(&Shape::Table(&ALTERNATIVE)),
        "At least two right outcomes, each an expectation under a name of your choice: one of them must hold, whole. Stands alone.",
    ),
];

/// How a statement must fail.
pub(crate) static ERROR: Table = Table::new(
    "an expected error",
    "How a statement must fail; every part that is given must hold.",
    &[
        key(
            "refused",
            Bool,
            "`true`: the server refuses the statement for its content, by whatever means and with whatever code.",
        ),
        key("sqlstate", Scalar, "SQL: five characters, or the first two for a class."),
        key(
            "message",
            Either(&[Text, Map(&Any)]),
            "Text that the message contains, or an operator such as `{ $$regex: … }`.",
        ),
        key("detail", Either(&[Scalar, Operators]), "SQL: text that its DETAIL contains, or an operator."),
        key("hint", Either(&[Scalar, Operators]), "SQL: text that its HINT contains, or an operator."),
        key("constraint", Either(&[Scalar, Map(&Any)]), "SQL: the constraint that was violated."),
        key("table", Either(&[Scalar, Map(&Any)]), "SQL: the table that the error names."),
        key("column", Either(&[Scalar, Map(&Any)]), "SQL: the column that the error names."),
        key("code", Either(&[Whole, Text, Map(&Any)]), "MongoDB: the number of the error."),
        key("name", Either(&[Text, Map(&Any)]), "MongoDB: the name of the code, `DuplicateKey`."),
        key("labels", Some(&Text), "MongoDB: labels that the error carries, `TransientTransactionError`."),
    ],
);

static NOTICE: Table = Table::new(
    "an expected notice",
    "A notice that the server sends; every part that is given must hold.",
    &[
        key("severity", Words(&["DEBUG", "LOG", "INFO", "NOTICE", "WARNING"]), "How grave it is."),
        key("sqlstate", Scalar, "Five characters, or the first two for a class."),
        key("message", Either(&[Scalar, Operators]), "Text that the message contains, or an operator."),
        key("detail", Either(&[Scalar, Operators]), "Text that its DETAIL contains, or an operator."),
        key("hint", Either(&[Scalar, Operators]), "Text that its HINT contains, or an operator."),
    ],
);

static NOTIFICATION: Table = Table::new(
    "an expected notification",
    "A notification that the session receives because it LISTENs.",
    &[
        required("channel", Either(&[Scalar, Operators]), "The channel, whole, or an operator."),
        key("payload", Either(&[Scalar, Operators]), "The payload, whole, or an operator; any if absent."),
    ],
);

static PLAN: Table = Table::new(
    "an expected plan",
    "What a plan must be like; the same words for both engines.",
    &[
        key("reads", List(&Scalar), "Exactly these tables or collections are read."),
        key("may_read", Some(&Scalar), "Beside `reads`: these may be read, too."),
        key("never_reads", Some(&Scalar), "None of these is read, whatever else is; not alone."),
        key("indexes", Some(&Scalar), "Each of these indexes is used."),
        key("forbid", Some(&Text), "Kinds of nodes or stages that must not be there: `Seq Scan`, `COLLSCAN`."),
        key("require", Some(&Text), "Kinds of nodes or stages that must be there."),
        key(
            "examined_per_returned",
            Either(&[Number, Shape::Table(&BOUND)]),
            "A bound on the rows or documents examined for each one returned.",
        ),
        key("buffers", Either(&[Number, Shape::Table(&BOUND)]), "PostgreSQL: a bound on the shared buffers touched."),
    ],
);

static BOUND: Table = Table::new(
    "a bound",
    "A least and a greatest value; both count as inside.",
    &[key("min", Number, "The least."), key("max", Number, "The greatest.")],
);
