//! Decodes `polyspec.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::keys_suite::SETTINGS;
use super::operators::compiles;
use super::tree::Node;
use super::{check, read};
use crate::language::Parsed;
use crate::language::duration::duration;
use crate::language::selector::{is_name, node_name};
use crate::language::sink::Sink;
use crate::language::suggest::nearest;
use crate::model::{
    Endpoint, MongoTopology, PgSettingRule, PgTopology, Profile, Redaction, Settings, Topology, pg_setting_rule,
    pg_setting_value_fault, pg_settings,
};
use crate::source::{Diagnostic, SourceFile, Spanned};

/// Where mutants lie unless a suite says otherwise.
const MUTANTS: &str = "fixtures/mutants";

/// Reads `polyspec.yaml` of the folder `root`.
pub(crate) fn settings(file: &Arc<SourceFile>, root: &Path) -> Result<Parsed<Settings>, Vec<Diagnostic>> {
    let node = read::tree(file).map_err(|diagnostic| vec![diagnostic])?;
    let mut sink = Sink::default();
    check::root(&node, &SETTINGS, &mut sink);
    let settings = SettingsDecoder { sink: &mut sink }.settings(&node, root);
    sink.finish(settings)
}

struct SettingsDecoder<'a> {
    sink: &'a mut Sink,
}

impl SettingsDecoder<'_> {
    fn settings(&mut self, node: &Node, root: &Path) -> Option<Settings> {
        let folder = |key: &str, default: &str| {
            node.scalar_of(key).map_or(PathBuf::from(default), |text| PathBuf::from(text.value))
        };
        let topology = self.topology(node);
        let settings = Settings {
            root: root.to_path_buf(),
            suite: node.scalar_of("suite").map(|text| text.value)?,
            scenarios: folder("scenarios", "scenarios"),
            golden: folder("golden", "golden"),
            requirements: folder("requirements", "scenarios/requirements.yaml"),
            survivors: match node.scalar_of("survivors") {
                Some(path) => PathBuf::from(path.value),
                None => folder("mutants", MUTANTS).join("survivors.yaml"),
            },
            mutants: folder("mutants", MUTANTS),
            system: node.scalar_of("system"),
            endpoints: self.endpoints(node.get("endpoints")),
            profiles: self.profiles(node),
            timeout: time(node, "timeout", Duration::from_secs(60)),
            statement_timeout: time(node, "statement_timeout", Duration::from_secs(10)),
            redact: self.redactions(node),
            topology,
        };
        if settings.topology.nodes().is_empty() && settings.endpoints.is_empty() && settings.profiles.is_empty() {
            let error = Diagnostic::error(&node.head, "this suite has no servers");
            self.sink.push(error.help("add `topology:` with `pg` or `mongo`, or `endpoints:`"));
        }
        Some(settings)
    }

    fn topology(&mut self, node: &Node) -> Topology {
        let Some(topology) = node.get("topology") else { return Topology::default() };
        Topology {
            pg: topology.get("pg").map(|pg| self.pg(pg)),
            mongo: topology.get("mongo").map(|mongo| self.mongo(mongo)),
        }
    }

    fn pg(&mut self, node: &Node) -> PgTopology {
        let peers = self.names(node, "peers");
        let durable = self.durable(node, &peers);
        PgTopology { version: self.version(node, &[18, 16]), settings: self.server_settings(node), durable, peers }
    }

    fn mongo(&mut self, node: &Node) -> MongoTopology {
        MongoTopology {
            version: self.version(node, &[6]),
            members: self.names(node, "members"),
            replica_set: node.scalar_of("replica_set").map_or("rs0".into(), |text| text.value),
        }
    }

    /// The version; the first of `known` when none is given.
    fn version(&mut self, node: &Node, known: &[u32]) -> u32 {
        let Some(text) = node.scalar_of("version") else { return known[0] };
        match text.parse() {
            Ok(version) if known.contains(&version) => version,
            _ => {
                let all: Vec<String> = known.iter().map(u32::to_string).collect();
                let error = Diagnostic::error(&text.span, format!("there are no servers of version {}", text.value));
                self.sink.push(error.help(format!("use {}", all.join(" or "))));
                known[0]
            }
        }
    }

    fn names(&mut self, node: &Node, key: &str) -> Vec<String> {
        let mut names: Vec<String> = vec![];
        for text in node.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::scalar) {
            if !is_name(&text) || matches!(text.as_str(), "primary" | "secondary") {
                let error = Diagnostic::error(&text.span, format!("`{}` cannot name a node", text.value));
                self.sink
                    .push(error.help("a name is lower-case letters, digits and `_`, and not `primary` or `secondary`"));
            } else if names.contains(&text.value) {
                self.sink.error(&text.span, format!("`{}` is named twice", text.value));
            } else {
                names.push(text.value);
            }
        }
        names
    }

    fn server_settings(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        for entry in node.get("settings").map(Node::entries).unwrap_or_default() {
            let Some(value) = entry.value.scalar() else { continue };
            self.server_setting(&entry.key, &value);
            settings.insert(entry.key.value.clone(), value.value);
        }
        settings
    }

    fn server_setting(&mut self, name: &Spanned<String>, value: &Spanned<String>) {
        match pg_setting_rule(name) {
            PgSettingRule::Allowed => {}
            PgSettingRule::Refused(why) => {
                let error = Diagnostic::error(&name.span, format!("a suite cannot set `{}`: it {why}", name.value));
                self.sink.push(error.help("remove it; `docs/language.md` lists what a suite cannot set"));
            }
            PgSettingRule::Unknown => {
                let error = Diagnostic::error(&name.span, format!("PostgreSQL has no setting `{}`", name.value));
                self.sink.push(match nearest(name, pg_settings().iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("write it as in `postgresql.conf`, `work_mem: 8MB`"),
                });
            }
        }
        if let Some(fault) = pg_setting_value_fault(value) {
            let error = Diagnostic::error(&value.span, format!("the value of `{}` {fault}", name.value));
            self.sink.push(error.help("write it in one line"));
        }
    }

    fn durable(&mut self, node: &Node, peers: &[String]) -> Vec<String> {
        let texts: Vec<Spanned<String>> =
            node.get("durable").map(Node::items).unwrap_or_default().iter().filter_map(Node::scalar).collect();
        for text in texts.iter().filter(|text| !peers.contains(&text.value)) {
            let error = Diagnostic::error(&text.span, format!("there is no peer `{}`", text.value));
            self.sink.push(match nearest(text, peers.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the peers are {}", peers.join(", "))),
            });
        }
        texts.into_iter().map(|text| text.value).collect()
    }

    fn endpoints(&mut self, node: Option<&Node>) -> BTreeMap<String, Endpoint> {
        let mut endpoints = BTreeMap::new();
        for entry in node.map(Node::entries).unwrap_or_default() {
            if entry.key.value != "mongo" && node_name(&entry.key).is_err() {
                let error = Diagnostic::error(&entry.key.span, format!("`{}` does not name a server", entry.key.value));
                self.sink.push(error.help("write `pg.apj` and so on, or `mongo` for the replica set"));
            }
            if let Some(url) = entry.value.scalar().or_else(|| entry.value.scalar_of("url")) {
                self.url(&entry.key, &url);
                endpoints.insert(entry.key.value.clone(), Endpoint { url: url.value, span: Some(url.span) });
            }
        }
        endpoints
    }

    fn url(&mut self, node: &Spanned<String>, url: &str) {
        let schemes: &[&str] = match node.starts_with("mongo") {
            true => &["mongodb://", "mongodb+srv://"],
            false => &["postgres://", "postgresql://"],
        };
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            let error = Diagnostic::error(&node.span, format!("the URL of `{}` has another scheme", node.value));
            self.sink.push(error.help(format!("begin it with `{}`", schemes[0])));
        }
    }

    fn profiles(&mut self, node: &Node) -> BTreeMap<String, Profile> {
        let entries = node.get("profiles").map(Node::entries).unwrap_or_default();
        entries
            .iter()
            .map(|entry| (entry.key.value.clone(), Profile { endpoints: self.endpoints(entry.value.get("endpoints")) }))
            .collect()
    }

    fn redactions(&mut self, node: &Node) -> Vec<Redaction> {
        let mut found = vec![];
        for item in node.get("redact").map(Node::items).unwrap_or_default() {
            let (Some(pattern), Some(name)) = (item.scalar_of("pattern"), item.scalar_of("name")) else { continue };
            if let Err(diagnostic) = compiles(&pattern, &pattern.span) {
                self.sink.push(diagnostic);
            } else if regex::Regex::new(&pattern).is_ok_and(|regex| regex.is_match("")) {
                let error = Diagnostic::error(
                    &pattern.span,
                    "this expression matches the empty text: it would match everywhere",
                );
                self.sink.push(error.help("use `+` instead of `*`"));
            }
            found.push(Redaction { pattern, name: name.value });
        }
        found
    }
}

fn time(node: &Node, key: &str, default: Duration) -> Duration {
    node.scalar_of(key).and_then(|text| duration(&text).ok()).unwrap_or(default)
}
