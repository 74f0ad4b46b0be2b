//! Every key of `polyspec.yaml`, `system.yaml` and the requirements register, with its meaning.

use super::keys::STEP;
use super::shape::{Shape, Table, key, required};
use Shape::{Bool, Duration, Either, List, Map, Number, Scalar, Some, Text, Whole, Words};

/// `polyspec.yaml`.
pub(crate) static SETTINGS: Table = Table::new(
    "a suite",
    "Where things lie, the servers, and the default system. Folders are relative to the file's own.",
    &[
        required("suite", Text, "The name of the suite."),
        key("scenarios", Text, "The folder of the scenarios; `scenarios` if absent."),
        key("golden", Text, "The folder of the goldens; `golden` if absent."),
        key("requirements", Text, "The register of requirements; `scenarios/requirements.yaml` if absent."),
        key("mutants", Text, "The folder of the mutants; `fixtures/mutants` if absent."),
        key("survivors", Text, "Explanations of mutants that survive; `survivors.yaml` among the mutants if absent."),
        key("system", Text, "The folder of the system of scenarios that name none."),
        key("topology", Shape::Table(&TOPOLOGY), "The servers that polyspec starts."),
        key(
            "endpoints",
            Map(&Either(&[Text, Shape::Table(&ENDPOINT)])),
            "Servers that exist already, by node (`pg.apj`) or `mongo`: connection URLs.",
        ),
        key("profiles", Map(&Shape::Table(&PROFILE)), "Named sets of endpoints, for `--profile`."),
        key("timeout", Duration, "The time limit of a scenario; `60s` if absent."),
        key("statement_timeout", Duration, "The time limit of a statement; `10s` if absent."),
        key("redact", List(&Shape::Table(&REDACTION)), "What else is replaced by a name in goldens and reports."),
    ],
);

static TOPOLOGY: Table = Table::new(
    "a topology",
    "The servers that polyspec starts.",
    &[
        key("pg", Shape::Table(&PG), "PostgreSQL peers."),
        key("mongo", Shape::Table(&MONGO), "Members of a MongoDB replica set."),
    ],
);

static PG: Table = Table::new(
    "the PostgreSQL topology",
    "PostgreSQL peers.",
    &[
        key("version", Whole, "The major version, 18 or 16; 18 if absent."),
        required("peers", Some(&Text), "The names of the peers, `[apj, emea, latam]`."),
        key("settings", Map(&Scalar), "Server settings for all peers, `work_mem: 8MB`."),
        key("durable", List(&Text), "Peers that must survive a crash of the machine (`fsync = on`)."),
    ],
);

static MONGO: Table = Table::new(
    "the MongoDB topology",
    "Members of a MongoDB replica set.",
    &[
        key("version", Whole, "The major version, 6; 6 if absent."),
        required("members", Some(&Text), "The names of the members, `[m1, m2, m3]`."),
        key("replica_set", Text, "The name of the replica set; `rs0` if absent."),
    ],
);

static ENDPOINT: Table =
    Table::new("an endpoint", "A server that someone else runs.", &[required("url", Text, "The connection URL.")]);

static PROFILE: Table = Table::new(
    "a profile",
    "A named set of endpoints.",
    &[required(
        "endpoints",
        Map(&Either(&[Text, Shape::Table(&ENDPOINT)])),
        "By node (`pg.apj`) or `mongo`: connection URLs.",
    )],
);

static REDACTION: Table = Table::new(
    "a redaction",
    "What a regular expression matches becomes `<name>`.",
    &[required("pattern", Text, "The regular expression."), required("name", Text, "The name that replaces a match.")],
);

/// `system.yaml`.
pub(crate) static SYSTEM: Table = Table::new(
    "a system",
    "What is under test, and how it is built.",
    &[
        required("system", Text, "What it is, a sentence."),
        key("extends", Text, "The folder of another system whose build comes first."),
        key("breaks", Some(&Text), "For a mutant: the requirements that it must not meet, each killed by a scenario."),
        key("build", List(&Shape::Table(&STEP)), "Steps that build it; run once, then frozen and copied."),
        key("replication", List(&Shape::Table(&REPLICATION)), "Logical replication between PostgreSQL peers."),
        key("steps", Map(&Some(&Shape::Table(&STEP))), "Named lists of steps, for `use`."),
        key(
            "fill",
            Some(&Text),
            "Lists of `steps` that generate rows, for `polyspec generate` and `up --rows`: they see `n`, rows for each table, and `seed`.",
        ),
    ],
);

static REPLICATION: Table = Table {
    name: "a replication",
    doc: "Logical replication of one publication.",
    keys: &[
        required("publication", Text, "The publication, made by `build` on every publisher."),
        key("between", Some(&Text), "Peers that all subscribe to one another."),
        key("links", Some(&Shape::Table(&LINK)), "Who subscribes to whom."),
        key(
            "origin",
            Words(&["none", "any"]),
            "Which changes are sent: those of the publisher alone (`none`, if absent), or all.",
        ),
        key("copy_data", Bool, "Whether a new subscription copies the rows that are there; `false` if absent."),
    ],
    one_of: &["between", "links"],
    at_most_one: &[],
    or_alone: None,
    may_be_empty: false,
};

static LINK: Table = Table::new(
    "a link",
    "One subscription.",
    &[required("from", Text, "The publisher, `pg.apj`."), required("to", Text, "The subscriber, `pg.emea`.")],
);

/// The register of requirements.
pub(crate) static REQUIREMENTS: Table = Table::new(
    "a requirements register",
    "What must hold, by part, with points and the sentence that it comes from.",
    &[
        required("parts", Some(&Shape::Table(&PART)), "The parts with their weights."),
        required("requirements", Some(&Shape::Table(&REQUIREMENT)), "The requirements."),
    ],
);

static PART: Table = Table::new(
    "a part",
    "A part of the specification.",
    &[
        required("part", Whole, "Its number."),
        required("title", Text, "Its title."),
        required("points", Number, "Its points."),
    ],
);

static REQUIREMENT: Table = Table::new(
    "a requirement",
    "One thing that must hold.",
    &[
        required("id", Scalar, "The id that scenarios cite, `P2.3`."),
        required("part", Whole, "The number of its part."),
        required("title", Text, "What must hold."),
        key("points", Number, "Its share of the part's points; 1 if absent."),
        required("source", Text, "The sentence of the source document that it comes from."),
        key("stands_on", List(&Scalar), "Requirements whose `probe` must hold before this one can be examined."),
    ],
);

/// Explanations of generated mutants that survive.
pub(crate) static SURVIVORS: Table = Table::new(
    "a file of survivors",
    "Generated mutants that no scenario kills, and why that is right.",
    &[required("survivors", List(&Shape::Table(&SURVIVOR)), "The mutants.")],
);

static SURVIVOR: Table = Table::new(
    "a survivor",
    "A mutant that no scenario kills.",
    &[
        required("mutant", Text, "Its name, as `polyspec mutants --generate` prints it."),
        required("because", Text, "Why no scenario has to notice it."),
    ],
);
