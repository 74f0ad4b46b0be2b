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
    /// Columns of tables and partitions.
    pub columns: Vec<Column>,
    /// Indexes that are no constraint's.
    pub indexes: Vec<Index>,
    /// Triggers of users.
    pub triggers: Vec<Trigger>,
    /// Partitions.
    pub partitions: Vec<Partition>,
    /// Publications.
    pub publications: Vec<Publication>,
    /// Functions and procedures in SQL and PL/pgSQL.
    pub routines: Vec<Routine>,
    /// Views, materialized ones too.
    pub views: Vec<View>,
    /// Rules that are no view's.
    pub rules: Vec<Rule>,
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
    /// Its type as format_type prints it, of a domain the type below: `numeric(10,2)`.
    pub kind: String,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Whether its value is computed.
    pub generated: bool,
    /// Whether its table is a partition.
    pub of_partition: bool,
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
    /// Its definition as pg_get_triggerdef prints it.
    pub definition: String,
    /// The name of its function, unquoted.
    pub function: String,
}

/// A function or a procedure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routine {
    /// Its name, unquoted, without arguments.
    pub name: String,
    /// Its definition as pg_get_functiondef prints it.
    pub definition: String,
    /// `sql` or `plpgsql`.
    pub language: String,
    /// What it returns: `trigger`, `void`, `integer`.
    pub returns: String,
}

/// A view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Its name as SQL takes it.
    pub name: String,
    /// Its query as pg_get_viewdef prints it.
    pub definition: String,
    /// Whether it holds rows of its own.
    pub materialized: bool,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// The table or view.
    pub table: String,
    /// Its name, unquoted.
    pub name: String,
    /// Its definition as pg_get_ruledef prints it.
    pub definition: String,
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
    /// The name of that column, unquoted.
    pub key: Option<String>,
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
