//! An order: one thing to be sent to one node, with everything it needs filled in.

use std::time::Duration;

use bson::Document;

use crate::backend::mongo::{Target, Until};
use crate::backend::pg::Parameter;
use crate::generate::Plan;
use crate::model::NodeName;
use crate::observation::Keep;

/// Something to be sent to a node.
#[derive(Clone, Debug)]
pub struct Order {
    /// The node, as it is shown.
    pub node: String,
    /// Where it goes.
    pub to: Recipient,
    /// The session; `None` is the scenario's own.
    pub session: Option<String>,
    /// What is sent.
    pub work: Work,
    /// The time limit of the statement.
    pub limit: Duration,
    /// What of the result somebody can use.
    pub keep: Keep,
}

/// Where an order goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A peer.
    Pg(NodeName),
    /// The replica set, or one of its members.
    Mongo(Target),
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Work {
    /// SQL.
    Sql {
        /// The texts, one after the other: only a script with data for COPY has more than one.
        texts: Vec<SqlText>,
        /// Values of `$1` and so on.
        parameters: Vec<Parameter>,
    },
    /// A statement to be explained.
    ExplainSql(String),
    /// CSV to be copied into a table.
    CopyCsv {
        /// The table.
        table: String,
        /// Its columns, in the order of the data.
        columns: Vec<String>,
        /// The data, with a header line.
        data: Vec<u8>,
    },
    /// A command.
    Mongo {
        /// The database.
        database: String,
        /// The command.
        document: Document,
        /// A transaction to be started first, with its options.
        start: Option<Option<Document>>,
        /// Whether the reply is an answer also when it holds errors of single writes.
        whole_reply: bool,
        /// The name of the cursor that stays open.
        stream: Option<String>,
    },
    /// Documents to be inserted, all or none.
    LoadDocuments {
        /// The collection.
        collection: String,
        /// The documents.
        documents: Vec<Document>,
    },
    /// Rows to be made and copied into tables, or documents into collections.
    Generate(Plan),
    /// A command to be explained.
    ExplainMongo {
        /// The database.
        database: String,
        /// The command.
        document: Document,
    },
    /// What comes from a cursor that stays open.
    ReadStream {
        /// The name of the cursor.
        stream: String,
        /// Until when it is read.
        until: Until,
    },
    /// The beginning of a transaction and nothing else.
    Start(Option<Document>),
    /// The commit of a transaction.
    Commit,
    /// The abort of a transaction.
    Abort,
}

/// SQL that is sent in one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlText {
    /// One statement or several.
    pub sql: String,
    /// What its `COPY … FROM STDIN` reads.
    pub stdin: Option<bytes::Bytes>,
}

impl SqlText {
    /// Text without data.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), stdin: None }
    }
}
