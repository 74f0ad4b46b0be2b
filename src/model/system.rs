//! A system under test: how it is built, and how its PostgreSQL peers replicate.

use std::collections::BTreeMap;

use super::{NodeName, Step};
use crate::source::{Span, Spanned};

/// `system.yaml`, with what it `extends` already merged in.
#[derive(Clone, Debug)]
pub struct System {
    /// What it is, a sentence.
    pub title: Spanned<String>,
    /// The folder, as the suite names it.
    pub path: String,
    /// For a mutant: ids of the requirements that it must not meet.
    pub breaks: Vec<Spanned<String>>,
    /// Build steps; those of an extended system come first. Run once, then frozen and copied.
    pub build: Vec<Step>,
    /// Replication between PostgreSQL peers, set up in every copy that has more than one peer.
    pub replication: Vec<Replication>,
    /// Named lists of steps, for `use`.
    pub steps: BTreeMap<String, Vec<Step>>,
    /// Those of `steps` that generate rows: they see `n`, rows for each table, and `seed`.
    pub fill: Vec<Spanned<String>>,
    /// The head of the file.
    pub span: Span,
}

/// Logical replication of one publication.
#[derive(Clone, Debug)]
pub struct Replication {
    /// The publication, made by `build` on every publisher.
    pub publication: Spanned<String>,
    /// Who subscribes to whom. `between: [a, b, c]` is every ordered pair.
    pub links: Vec<ReplicationLink>,
    /// Which changes are sent.
    pub origin: ReplicationOrigin,
    /// Whether a new subscription copies the rows that are there.
    pub copy_data: bool,
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct ReplicationLink {
    /// The publisher.
    pub from: NodeName,
    /// The subscriber.
    pub to: NodeName,
}

/// `origin` of CREATE SUBSCRIPTION (PostgreSQL 16 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationOrigin {
    /// Only changes that were made at the publisher itself: no echo.
    None,
    /// All changes, those that came from a peer too.
    Any,
}
