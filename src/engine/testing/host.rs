//! A world around the engine that a test makes up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Log;
use crate::engine::{Call, CallError, Host, KeptFile};
use crate::model::{Engine, NodeFault, NodeName};
use crate::observation::ProgramEnd;
use crate::source::{Diagnostic, Span};

/// The world: what is done to it is in the log that servers share with it.
pub(in crate::engine) struct FakeHost {
    /// Files of the suite, by the names that their authors use.
    pub files: BTreeMap<String, String>,
    /// The golden of every run.
    pub golden: Option<String>,
    /// Whether faults can be injected.
    pub owns_nodes: bool,
    /// Whether links can be cut.
    pub can_cut: bool,
    /// Whether the servers end with the run.
    pub servers_end_with_run: bool,
    /// Lines of the log that break: what begins so is noted and does not succeed.
    pub breaks: Vec<&'static str>,
    /// How programs end.
    pub program: ProgramEnd,
    /// Nodes that have ended by themselves.
    pub unwell: Mutex<Vec<(NodeName, String)>>,
    /// Another scenario that would have `.slt` files read otherwise.
    pub disputed_by: Option<String>,
    log: Log,
}

impl FakeHost {
    /// A world in which everything can be done.
    pub fn new(log: Log) -> Self {
        Self {
            files: BTreeMap::new(),
            golden: None,
            owns_nodes: true,
            can_cut: true,
            servers_end_with_run: false,
            breaks: vec![],
            program: ProgramEnd::default(),
            unwell: Mutex::default(),
            disputed_by: None,
            log,
        }
    }

    fn does(&self, line: String) -> Result<(), String> {
        let breaks = self.breaks.iter().any(|part| line.starts_with(part));
        self.log.note(line);
        if breaks { Err("the script says so".into()) } else { Ok(()) }
    }
}

fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl Host for FakeHost {
    fn read(&self, from: &Span, relative: &str) -> Result<Vec<u8>, Diagnostic> {
        let file = self.files.get(relative).map(|text| text.clone().into_bytes());
        file.ok_or_else(|| Diagnostic::error(from, format!("there is no file `{relative}`")))
    }

    fn records(&self) -> bool {
        true
    }

    fn golden(&self, _: &str) -> io::Result<Option<File>> {
        let Some(text) = &self.golden else { return Ok(None) };
        let mut file = tempfile::tempfile()?;
        file.write_all(text.as_bytes())?;
        file.rewind()?;
        Ok(Some(file))
    }

    fn keep_pending(&self, run: &str, content: &mut dyn io::Read) -> io::Result<Option<String>> {
        self.log.note(format!("pending {run}: {}", io::read_to_string(content)?));
        Ok(Some(format!("{run}.pending")))
    }

    fn drop_pending(&self, run: &str) -> io::Result<()> {
        if self.golden.is_some() {
            self.log.note(format!("no pending {run}"));
        }
        Ok(())
    }

    fn keep_pending_file(&self, _: &str, file: &str, text: Option<&str>) -> io::Result<KeptFile> {
        let Some(text) = text else { return Ok(KeptFile::Nothing) };
        self.log.note(format!("pending {file}: {text}"));
        Ok(match &self.disputed_by {
            Some(other) => KeptFile::Disputed(other.clone()),
            None => KeptFile::Pending(format!("{file}.pending")),
        })
    }

    async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), String> {
        self.does(format!("{fault:?} {node}").to_lowercase())
    }

    async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), String> {
        let groups: Vec<String> = groups.iter().map(listed).collect();
        self.does(format!("cut {}", groups.join(" | ")))
    }

    async fn heal(&self, nodes: &[NodeName]) -> Result<(), String> {
        self.does(format!("heal {}", listed(nodes)))
    }

    async fn restore(&self, engines: &BTreeSet<Engine>) -> Result<(), String> {
        self.does(format!("restore {}", listed(engines)))
    }

    async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)> {
        self.unwell.lock().expect("whole").iter().filter(|(node, _)| node.engine == engine).cloned().collect()
    }

    async fn bring_back(&self, nodes: Vec<NodeName>) -> Result<(), String> {
        self.does(format!("bring back {}", listed(nodes)))
    }

    async fn restart_all(&self, engine: Engine) -> Result<(), String> {
        self.does(format!("restart all of {engine}"))
    }

    async fn call(&self, call: Call) -> Result<ProgramEnd, CallError> {
        let line = format!("run {} {}", call.program.value, call.arguments.join(" "));
        match self.does(line) {
            Ok(()) => Ok(self.program.clone()),
            Err(_) => Err(CallError::Late { stderr: "busy\n".into() }),
        }
    }

    fn how_to_connect(&self, database: &str, peers: &[NodeName], _: bool) -> Vec<String> {
        vec![format!("{database} on {}", listed(peers))]
    }

    fn redactions(&self) -> Vec<(String, String)> {
        vec![("hunter2".into(), "password".into())]
    }

    async fn hold_template(&self, _: &str) -> io::Result<Option<File>> {
        Ok(None)
    }

    fn servers_end_with_run(&self) -> bool {
        self.servers_end_with_run
    }

    fn owns_nodes(&self) -> bool {
        self.owns_nodes
    }

    fn can_cut(&self) -> bool {
        self.can_cut
    }
}
