//! Decodes `system.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ambiguous::cut_off;
use super::decoder::{Decoder, Scope, Standing};
use super::expect::texts;
use super::keys_suite::SYSTEM;
use super::steps::explained;
use super::tree::{Node, NodeKind};
use super::{check, flow, read};
use crate::language::selector::node_name;
use crate::language::sink::Sink;
use crate::language::{Parsed, SystemFile};
use crate::model::{Action, Engine, NodeName, Replication, ReplicationLink, ReplicationOrigin, Step, System};
use crate::source::{Diagnostic, SourceFile, Spanned};

/// Reads `system.yaml` of the folder `path`.
pub(crate) fn system(file: &Arc<SourceFile>, path: &str) -> Result<Parsed<SystemFile>, Vec<Diagnostic>> {
    let root = read::tree(file).map_err(|diagnostic| vec![diagnostic])?;
    let mut sink = Sink::default();
    check::root(&root, &SYSTEM, &mut sink);
    let mut decoder = Decoder { sink: &mut sink, scope: Scope::closed(), standing: Standing::default() };
    let system = decoder.system(&root, path);
    sink.finish(system)
}

impl Decoder<'_> {
    fn system(&mut self, root: &Node, path: &str) -> Option<SystemFile> {
        let build = self.steps(root.get("build"));
        flow::check(&build, self.sink);
        build.iter().for_each(|step| self.program_of_build(step));
        let replication = self.replications(root);
        let steps = self.named_lists(root);
        if root.get("build").is_none() && root.get("extends").is_none() && !root.entries().is_empty() {
            let error = Diagnostic::error(&root.head, "this system has nothing to build");
            self.sink.push(error.help("add `build:`, or `extends:` with the folder of another system"));
        }
        root.get("system").into_iter().for_each(|title| cut_off(title, true, self.sink));
        let title = root.scalar_of("system")?;
        let span = title.span.clone();
        let breaks = root.get("breaks").map(texts).unwrap_or_default();
        let fill = root.get("fill").map(texts).unwrap_or_default();
        let system = System { title, path: path.into(), breaks, build, replication, steps, fill, span };
        Some(SystemFile { extends: root.scalar_of("extends"), system })
    }

    /// The halves of a build run side by side, each on its own engine: a program belongs to one of them.
    fn program_of_build(&mut self, step: &Step) {
        let Action::Run(_) = &step.action else { return };
        let engines: BTreeSet<Engine> = step.on.iter().map(|on| on.engine()).collect();
        if engines.len() != 1 {
            let error = Diagnostic::error(&step.action_span, "a program of a build belongs to one engine");
            self.sink.push(error.help("name the nodes that it builds on: `on: pg.*` or `on: mongo`"));
        }
    }

    /// Lists for `use`: the caller gives their variables, so every name may be known.
    fn named_lists(&mut self, root: &Node) -> BTreeMap<String, Vec<Step>> {
        let lists = root.get("steps").map(Node::entries).unwrap_or_default();
        let mut found = BTreeMap::new();
        for entry in lists {
            self.scope = Scope::open();
            let steps = self.steps(Some(&entry.value));
            flow::check(&steps, self.sink);
            found.insert(entry.key.value.clone(), steps);
        }
        found
    }

    fn replications(&mut self, root: &Node) -> Vec<Replication> {
        let list = root.get("replication").map(Node::items).unwrap_or_default();
        list.iter().filter_map(|node| self.replication(node)).collect()
    }

    fn replication(&mut self, node: &Node) -> Option<Replication> {
        Some(Replication {
            publication: node.scalar_of("publication")?,
            links: self.links(node),
            origin: match node.scalar_of("origin").as_deref().map(String::as_str) {
                Some("any") => ReplicationOrigin::Any,
                _ => ReplicationOrigin::None,
            },
            copy_data: matches!(node.get("copy_data").map(|value| &value.kind), Some(NodeKind::Bool(true))),
        })
    }

    fn links(&mut self, node: &Node) -> Vec<ReplicationLink> {
        if let Some(between) = node.get("between") {
            let peers: Vec<_> = between.items().iter().filter_map(|item| self.peer(item)).collect();
            if between.items().len() < 2 {
                self.sink.error(&between.head, "replication is between two peers or more");
            }
            return self.mesh(&peers);
        }
        let links = node.get("links").map(Node::items).unwrap_or_default();
        links.iter().filter_map(|link| self.link(link)).collect()
    }

    /// Every ordered pair.
    fn mesh(&mut self, peers: &[Spanned<NodeName>]) -> Vec<ReplicationLink> {
        for (index, peer) in peers.iter().enumerate() {
            if peers[..index].iter().any(|other| other.value == peer.value) {
                self.sink.error(&peer.span, format!("`{}` is named twice", peer.value));
            }
        }
        let pairs = peers.iter().flat_map(|from| peers.iter().map(move |to| (from, to)));
        pairs
            .filter(|(from, to)| from.value != to.value)
            .map(|(from, to)| ReplicationLink { from: from.value.clone(), to: to.value.clone() })
            .collect()
    }

    fn link(&mut self, node: &Node) -> Option<ReplicationLink> {
        let from = node.get("from").and_then(|from| self.peer(from));
        let to = node.get("to").and_then(|to| self.peer(to));
        let (from, to) = (from?, to?);
        if from.value == to.value {
            self.sink.error(&to.span, format!("`{}` cannot subscribe to itself", to.value));
        }
        Some(ReplicationLink { from: from.value, to: to.value })
    }

    fn peer(&mut self, node: &Node) -> Option<Spanned<NodeName>> {
        let text = node.scalar()?;
        match node_name(&text) {
            Ok(name) if name.engine == Engine::Pg => return Some(text.span.of(name)),
            Ok(name) => {
                let error = Diagnostic::error(&text.span, format!("`{name}` is not a PostgreSQL peer"));
                self.sink.push(error.help("MongoDB replicates by itself; name peers as `pg.apj`"));
            }
            Err(cause) => self.sink.push(explained(&text.span, &cause)),
        }
        None
    }
}
