//! What a built system consists of, as the catalogs of its servers say: passive nouns between `backend`, which reads them, and
//! `mutation`, which derives mutants from them. Names of tables are as SQL takes them: quoted and qualified where they must be.

use bson::Document;

use crate::model::NodeName;

/// The catalogs of every server that a system was built on.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Of each PostgreSQL peer, in the order of the topology.
    pub pg: Vec<(NodeName, PgCatalog)>,
    /// The collections of the replica set.
    pub mongo: Vec<Collection>,
}

/// What can be taken away from a PostgreSQL database. What a partition has from its parent is its parent's alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PgCatalog {
    /// CHECK, UNIQUE, PRIMARY KEY, FOREIGN KEY and EXCLUDE.
    pub constraints: Vec<Constraint>,
    /// Columns with NOT NULL, a default, an expression or an identity.
    pub columns: Vec<Column>,
    /// Indexes that are no constraint's.
    pub indexes: Vec<Index>,
    /// Triggers of users.
    pub triggers: Vec<Trigger>,
    /// Partitions.
    pub partitions: Vec<Partition>,
    /// Publications.
    pub publications: Vec<Publication>,
}

/// A row of pg_constraint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraint {
    /// The table.
    pub table: String,
    /// Its name, unquoted.
    pub name: String,
    /// `contype`: `c`, `u`, `p`, `f`, `x`.
    pub kind: String,
    /// Its definition as pg_get_constraintdef prints it.
    pub definition: String,
    /// Its columns, unquoted.
    pub columns: Vec<String>,
    /// Whether foreign keys rest on it.
    pub referenced: bool,
    /// `confdeltype` of a foreign key: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default.
    pub on_delete: String,
    /// `confupdtype`, likewise.
    pub on_update: String,
}

/// A column of pg_attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The table.
    pub table: String,
    /// Its name, unquoted.
    pub name: String,
    /// NOT NULL of its own: no primary key and no identity implies it.
    pub not_null: bool,
    /// The default; none for a generated column.
    pub default: Option<String>,
    /// The expression of a generated column that is stored.
    pub expression: Option<String>,
    /// Whether it is an identity.
    pub identity: bool,
}

/// An index that is no constraint's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// The table.
    pub table: String,
    /// Its name as SQL takes it.
    pub name: String,
    /// CREATE INDEX, as pg_get_indexdef prints it.
    pub definition: String,
    /// Whether it is unique.
    pub unique: bool,
}

/// A trigger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trigger {
    /// The table.
    pub table: String,
    /// Its name, unquoted.
    pub name: String,
    /// `tgenabled`: `O` at the origin, `R` at replicas, `A` always, `D` never.
    pub enabled: String,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partition {
    /// The partitioned table.
    pub parent: String,
    /// The partition.
    pub table: String,
    /// Its bound, as pg_get_expr prints it: `FOR VALUES FROM ('10.00') TO ('100.01')`.
    pub bound: String,
    /// The type of the partition key when it is one column, as format_type prints it: `numeric(10,2)`.
    pub key_type: Option<String>,
}

/// A publication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Publication {
    /// Its name, unquoted.
    pub name: String,
    /// Tables that it names, as SQL takes them; none when it is for all tables or for schemas.
    pub tables: Vec<String>,
    /// What it publishes: `insert`, `update`, `delete`, `truncate`.
    pub operations: Vec<String>,
}

/// A collection of MongoDB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Its options, as listCollections gives them.
    pub options: Document,
    /// Its indexes, as listIndexes gives them, without that on `_id`.
    pub indexes: Vec<Document>,
}
