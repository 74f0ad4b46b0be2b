//! The engine's world: files and goldens of the suite, and the nodes of the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::control::Control;
use super::servers::Obtained;
use super::{Prepared, SharedSuite};
use crate::cluster;
use crate::cluster::program::{OUTPUT_LIMIT, Program, ProgramError, run_program};
use crate::engine::{Call, CallError, Host, KeptFile};
use crate::model::{Engine, NodeFault, NodeName};
use crate::observation::ProgramEnd;
use crate::source::{BYTE_ORDER_MARK, Diagnostic, Span, Spanned};
use crate::suite::{Spool, lies_beside};

/// How often a lock that another run has is tried.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// The suite on the servers of this run.
pub(super) struct SuiteHost<'a> {
    suite: SharedSuite,
    goldens: BTreeMap<String, PathBuf>,
    obtained: &'a Obtained,
    records: bool,
    /// How scenarios would have `.slt` files read, by file and scenario; `None` where a file holds as it is.
    rewritten: Mutex<BTreeMap<String, BTreeMap<String, Option<String>>>>,
    kept: AtomicBool,
    touched: Mutex<Vec<NodeName>>,
    /// Nodes that were cut off from others.
    parted: Mutex<Vec<NodeName>>,
    cluster: cluster::Options,
}

impl<'a> SuiteHost<'a> {
    /// The world of a prepared run.
    pub fn new(prepared: &Prepared, obtained: &'a Obtained) -> Self {
        let store = prepared.suite.goldens();
        let golden = |job: &crate::engine::Job| {
            let case = job.case().map(|case| case.name.as_str());
            (job.name.clone(), store.path(&job.scenario.path, case))
        };
        Self {
            suite: prepared.suite.clone(),
            goldens: prepared.jobs.iter().map(golden).collect(),
            obtained,
            records: prepared.request.records,
            rewritten: Mutex::default(),
            kept: AtomicBool::new(false),
            touched: Mutex::default(),
            parted: Mutex::default(),
            cluster: prepared.request.cluster.clone(),
        }
    }

    /// Whether a copy was kept.
    pub fn kept_any(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    fn path(&self, run: &str) -> io::Result<&PathBuf> {
        self.goldens.get(run).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no run is named {run}")))
    }

    fn program(&self, program: &Spanned<String>) -> Result<PathBuf, CallError> {
        match lies_beside(program) {
            true => self.suite.resolve_beside(program).map_err(CallError::Authors),
            false => Ok(PathBuf::from(&program.value)),
        }
    }

    fn control(&self) -> Result<&Control, String> {
        self.obtained.control.as_ref().ok_or_else(|| "these servers are not polyspec's own".to_string())
    }
}

/// Takes the nodes of these engines out of a list.
fn taken(nodes: &Mutex<Vec<NodeName>>, engines: &BTreeSet<Engine>) -> Vec<NodeName> {
    let mut nodes = nodes.lock().unwrap_or_else(PoisonError::into_inner);
    nodes.extract_if(.., |node| engines.contains(&node.engine)).collect()
}

#[async_trait]
impl Host for SuiteHost<'_> {
    fn read(&self, from: &Span, relative: &str) -> Result<Vec<u8>, Diagnostic> {
        let path = self.suite.resolve_beside(&from.of(relative.to_string()))?;
        let read = std::fs::read(&path);
        let bytes = read.map_err(|error| Diagnostic::error(from, format!("this cannot be read: {error}")))?;
        Ok(bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).map(<[u8]>::to_vec).unwrap_or(bytes))
    }

    fn records(&self) -> bool {
        self.records
    }

    fn golden(&self, run: &str) -> io::Result<Option<File>> {
        let opened = self.suite.goldens().open(self.path(run)?)?;
        Ok(opened.map(io::BufReader::into_inner))
    }

    fn keep_pending(&self, run: &str, content: &mut dyn io::Read) -> io::Result<Option<String>> {
        if !self.records {
            return Ok(None);
        }
        let mut spool = Spool::new()?;
        io::copy(content, &mut spool)?;
        let pending = self.suite.goldens().write_pending(self.path(run)?, spool)?;
        Ok(Some(self.suite.display(&pending)))
    }

    fn drop_pending(&self, run: &str) -> io::Result<()> {
        if self.records { self.suite.goldens().reject(self.path(run)?) } else { Ok(()) }
    }

    fn keep_pending_file(&self, run: &str, file: &str, text: Option<&str>) -> io::Result<KeptFile> {
        if !self.records {
            return Ok(KeptFile::Nothing);
        }
        let mut rewritten = self.rewritten.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = rewritten.entry(file.to_string()).or_default();
        wanted.insert(run.to_string(), text.map(str::to_string));
        let other = wanted.iter().find(|(_, other)| other.as_deref() != text).map(|(other, _)| other.clone());
        match (other, text) {
            (None, Some(text)) => {
                let path = self.suite.keep_rewritten(file, text)?;
                Ok(KeptFile::Pending(self.suite.display(&path)))
            }
            (other, _) => {
                self.suite.drop_rewritten(file)?;
                Ok(other.map_or(KeptFile::Nothing, KeptFile::Disputed))
            }
        }
    }

    async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), String> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).push(node.clone());
        self.control()?.inject(node, fault).await
    }

    async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), String> {
        self.parted.lock().unwrap_or_else(PoisonError::into_inner).extend(groups.iter().flatten().cloned());
        self.control()?.cut(groups).await
    }

    async fn heal(&self, nodes: &[NodeName]) -> Result<(), String> {
        self.control()?.heal(nodes).await
    }

    async fn restore(&self, engines: &BTreeSet<Engine>) -> Result<(), String> {
        let parted = taken(&self.parted, engines);
        if !parted.is_empty() {
            self.control()?.heal(&parted).await?;
        }
        self.control()?.bring_back(taken(&self.touched, engines)).await
    }

    async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)> {
        match &self.obtained.control {
            Some(control) => control.unwell(engine).await,
            None => vec![],
        }
    }

    async fn bring_back(&self, nodes: Vec<NodeName>) -> Result<(), String> {
        self.control()?.bring_back(nodes).await
    }

    async fn restart_all(&self, engine: Engine) -> Result<(), String> {
        self.control()?.restart_all(engine).await
    }

    async fn call(&self, call: Call) -> Result<ProgramEnd, CallError> {
        let mut environment = self.obtained.environment(&call);
        environment.extend(call.environment);
        let program = Program {
            program: self.program(&call.program)?,
            arguments: call.arguments,
            input: call.input,
            environment,
            limit: call.limit,
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        match run_program(&self.cluster, program).await {
            Ok(output) => {
                Ok(ProgramEnd { exit: output.exit, stdout: text(output.stdout), stderr: text(output.stderr) })
            }
            Err(ProgramError::Late(stderr)) => Err(CallError::Late { stderr: text(stderr) }),
            Err(ProgramError::TooMuch(stream)) => Err(CallError::Authors(too_much(&call.program, stream))),
            Err(ProgramError::NotStarted(error)) => Err(CallError::Authors(not_started(&call.program, &error))),
            Err(ProgramError::Machinery(cause)) => {
                Err(CallError::Machinery(format!("`{}` could not be started: {cause}", call.program.value)))
            }
        }
    }

    fn how_to_connect(&self, database: &str, peers: &[NodeName], mongo: bool) -> Vec<String> {
        self.kept.store(true, Ordering::Relaxed);
        self.obtained.how_to_connect(database, peers, mongo)
    }

    fn redactions(&self) -> Vec<(String, String)> {
        self.obtained.redactions()
    }

    async fn hold_template(&self, database: &str) -> io::Result<Option<File>> {
        let Some(folder) = &self.obtained.shared_folder else { return Ok(None) };
        let lock = File::create(folder.join(format!("{database}.lock")))?;
        // Another run may build for minutes. A thread that waits for the lock could not be interrupted.
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Some(lock)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_INTERVAL).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    fn servers_end_with_run(&self) -> bool {
        matches!(self.obtained.control, Some(Control::Own(_)))
    }

    fn owns_nodes(&self) -> bool {
        self.obtained.control.is_some()
    }

    fn can_cut(&self) -> bool {
        self.obtained.can_cut
    }
}

fn not_started(program: &Spanned<String>, error: &io::Error) -> Diagnostic {
    let name = &program.value;
    match error.kind() {
        io::ErrorKind::NotFound if name.contains('/') => {
            let message =
                format!("`{name}` cannot be started: it is not there, or the program in its first line is not");
            Diagnostic::error(&program.span, message).help("give the path from this file, or an absolute one")
        }
        io::ErrorKind::NotFound => Diagnostic::error(&program.span, format!("there is no program `{name}` on PATH"))
            .help("install it, or give a path with a `/` in it: `./tool.sh` lies beside this file"),
        io::ErrorKind::PermissionDenied => {
            let error = Diagnostic::error(&program.span, format!("`{name}` may not be run"));
            error.help(
                "`chmod +x` it; where polyspec runs as root, programs run as `nobody`, who must be able to reach it",
            )
        }
        _ => Diagnostic::error(&program.span, format!("`{name}` cannot be started: {error}")),
    }
}

fn too_much(program: &Spanned<String>, stream: &str) -> Diagnostic {
    let message = format!("`{}` wrote more than {} MiB to its {stream}", program.value, OUTPUT_LIMIT >> 20);
    Diagnostic::error(&program.span, message).help("let it write less, or into a file")
}
