//! `polyspec.yaml`, and the register of requirements.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::NodeName;
use crate::source::{Span, Spanned};

/// `polyspec.yaml`. Folders are relative to the file's own folder, `root`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that holds `polyspec.yaml`.
    pub root: PathBuf,
    /// The name of the suite.
    pub suite: String,
    /// Where scenarios lie; default `scenarios`.
    pub scenarios: PathBuf,
    /// Where goldens lie; default `golden`.
    pub golden: PathBuf,
    /// The register; default `scenarios/requirements.yaml`, used if it is there.
    pub requirements: PathBuf,
    /// Where mutants lie; default `fixtures/mutants`.
    pub mutants: PathBuf,
    /// Explanations of generated mutants that survive; default `survivors.yaml` among the mutants, used if it is there.
    pub survivors: PathBuf,
    /// The system of scenarios that name none.
    pub system: Option<Spanned<String>>,
    /// The servers.
    pub topology: Topology,
    /// Servers that exist already, by node name (`pg.apj`) or `mongo`.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Named sets of endpoints, for `--profile`.
    pub profiles: BTreeMap<String, Profile>,
    /// The time limit of a scenario; default 60 s.
    pub timeout: Duration,
    /// The time limit of a statement; default 10 s.
    pub statement_timeout: Duration,
    /// What else is replaced by a name in goldens and reports.
    pub redact: Vec<Redaction>,
}

/// The servers that polyspec starts.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// PostgreSQL peers, if any.
    pub pg: Option<PgTopology>,
    /// MongoDB members, if any.
    pub mongo: Option<MongoTopology>,
}

/// PostgreSQL peers.
#[derive(Clone, Debug)]
pub struct PgTopology {
    /// The major version, 18 or 16.
    pub version: u32,
    /// The peers' names, in order.
    pub peers: Vec<String>,
    /// Server settings over polyspec's own, for all peers: `work_mem: 8MB`.
    pub settings: BTreeMap<String, String>,
    /// Peers that must survive a crash of the machine: `fsync=on` and the rest that goes with it.
    pub durable: Vec<String>,
}

/// Members of the MongoDB replica set.
#[derive(Clone, Debug)]
pub struct MongoTopology {
    /// The major version, 6.
    pub version: u32,
    /// The members' names, in order.
    pub members: Vec<String>,
    /// The name of the replica set; default `rs0`.
    pub replica_set: String,
}

/// A server that someone else runs.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The connection URL. It may hold a password: never print it.
    pub url: String,
    /// Where it was written; `None` when it came from the command line.
    pub span: Option<Span>,
}

/// A named set of endpoints.
#[derive(Clone, Debug)]
pub struct Profile {
    /// By node name, or `mongo`.
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// What a regular expression matches becomes `<name>`.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// The expression, of the `regex` crate.
    pub pattern: Spanned<String>,
    /// The name.
    pub name: String,
}

/// The register of requirements.
#[derive(Clone, Debug, Default)]
pub struct RequirementsRegister {
    /// Parts, in order.
    pub parts: Vec<RequirementPart>,
    /// Requirements, in order.
    pub requirements: Vec<Requirement>,
}

/// A part of the specification with its weight.
#[derive(Clone, Debug)]
pub struct RequirementPart {
    /// The part's number.
    pub part: u32,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: f64,
}

/// One requirement.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The id that scenarios cite, `P2.3`.
    pub id: Spanned<String>,
    /// The part it belongs to.
    pub part: u32,
    /// What must hold.
    pub title: String,
    /// Its share of the part's points.
    pub points: f64,
    /// The sentence of the source document that it comes from.
    #[expect(dead_code, reason = "it is there for whoever reads the register")]
    pub source: String,
    /// Other requirements without which it cannot be examined: in grading, where a probe of theirs fails.
    pub stands_on: Vec<Spanned<String>>,
}

/// Why a generated mutant survives and may.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The mutant's name.
    pub mutant: Spanned<String>,
    /// The reason, a sentence.
    pub because: String,
}

impl Topology {
    /// All nodes, PostgreSQL first, in the order of the file.
    pub fn nodes(&self) -> Vec<NodeName> {
        let pg = self.pg.iter().flat_map(|pg| pg.peers.iter().map(|name| NodeName::new(super::Engine::Pg, name)));
        let mongo = self
            .mongo
            .iter()
            .flat_map(|mongo| mongo.members.iter().map(|name| NodeName::new(super::Engine::Mongo, name)));
        pg.chain(mongo).collect()
    }
}
