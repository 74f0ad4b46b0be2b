//! `polyspec up`, `down`, `status` and `doctor`.

use std::path::PathBuf;
use std::sync::Arc;

use super::Context;
use super::args;
use super::reporters::refuse;
use super::say::{WARNING, aside, say};
use super::signals::heed_signals;
use crate::cluster::state::{self, StateFile};
use crate::cluster::{Cluster, ClusterDescription, ClusterError, Options, Owner, Progress, control, daemon, doctor};
use crate::exit::Exit;
use crate::run::{Bootstrap, runtime};
use crate::source::Diagnostic;
use crate::suite::Suite;

/// Starts the suite's servers and leaves them running.
pub(super) fn up(args: &args::Up, context: &Context) -> Exit {
    let suite = match Suite::open(&args.suite.suite, &context.cwd) {
        Ok(suite) => suite,
        Err(errors) => return refuse(&errors, context),
    };
    let root = suite.settings().root.clone();
    let fills = args.system.is_some() || args.rows.is_some();
    let work = async {
        if args.foreground {
            return serve(&suite, context).await;
        }
        let (up, fresh) = match state::read(&context.cluster.state_dir, &root) {
            Some(up) => (up, false),
            None => (start(&root, context).await?, true),
        };
        if args.json {
            print_json(&up.cluster)
        } else {
            print_up(&up.cluster, fresh)
        }
        Ok(())
    };
    match finish(work, context) {
        Exit::Pass if fills => super::generate::fill(args, context),
        exit => exit,
    }
}

async fn start(root: &PathBuf, context: &Context) -> Result<StateFile, ClusterError> {
    state::prepare(&context.cluster.state_dir)?;
    let daemon = daemon::Daemon {
        program: context.program.clone(),
        args: ["up".into(), "--foreground".into(), "--suite".into(), root.clone().into_os_string()].into(),
        state_dir: &context.cluster.state_dir,
        suite: root,
    };
    let heeding = heed_signals();
    let mut follow = |line: &str| aside!("{line}");
    tokio::select! {
        started = daemon::daemonize(&daemon, &mut follow) => started,
        () = heeding.interrupt.wait() => {
            Err(ClusterError::Daemon { cause: "interrupted: the servers are not up".into(), log: vec![] })
        }
    }
}

/// The background process: starts everything, says so in the state file, and serves until somebody takes it down.
async fn serve(suite: &Suite, context: &Context) -> Result<(), ClusterError> {
    let settings = suite.settings();
    let told = |progress: Progress| match progress {
        Progress::Notice(line) => say!("{line}"),
        Progress::Download { .. } => {}
    };
    let nodes = settings.topology.nodes();
    // Nobody knows yet which scenarios will come: those that cut links must find links that can be cut.
    let options = Options { forwards: true, ..context.cluster.clone() };
    let cluster = Cluster::start(options, nodes, &settings.topology, &told, Arc::new(Bootstrap)).await?;
    let state_dir = &context.cluster.state_dir;
    let up = StateFile {
        suite: settings.root.clone(),
        owner: Owner::this_process(),
        socket: state::path(state_dir, &settings.root, "sock"),
        cluster: cluster.describe(),
    };
    // Whoever finds the state must find the socket.
    let listener = control::listen(&up.socket).await?;
    let (dir, root) = (state_dir.clone(), settings.root.clone());
    let forget = move || state::remove(&dir, &root);
    if let Err(error) = state::write(state_dir, &up) {
        forget();
        return Err(error);
    }
    control::serve(Arc::new(cluster), listener, forget).await;
    Ok(())
}

/// Stops the servers that `up` started.
pub(super) fn down(args: &args::Down, context: &Context) -> Exit {
    with_state(&args.suite, context, |up| async move {
        match up {
            Some(up) => {
                let log = state::path(&context.cluster.state_dir, &up.suite, "log");
                let mut log = daemon::Lines::from_now_on(&log).ok();
                let done = control::Client::new(up.socket).shutdown().await;
                // The process in the background has nobody else to tell.
                let told = log.as_mut().map(daemon::Lines::read_new).unwrap_or_default();
                told.iter().filter(|line| line.starts_with(WARNING)).for_each(|line| aside!("{line}"));
                done?;
                say!("the servers are down");
            }
            None => say!("no servers are up for this suite"),
        }
        Ok(())
    })
}

/// Shows the servers that `up` started.
pub(super) fn status(args: &args::Status, context: &Context) -> Exit {
    let json = args.json;
    with_state(&args.suite, context, |up| async move {
        let Some(up) = up else {
            say!("{}", if json { "null" } else { "no servers are up for this suite" });
            return Ok(());
        };
        let status = control::Client::new(up.socket).status().await?;
        if json {
            print_json(&status.cluster);
            return Ok(());
        }
        for node in &status.cluster.nodes {
            let state = status.states.iter().find(|(name, _)| *name == node.name).map_or("unknown", |(_, state)| state);
            let pid = node.pid.map_or("-".to_string(), |pid| pid.to_string());
            say!(
                "{:<12} {:<8} {:<8} port {:<6} pid {pid:<8} {}",
                node.name,
                node.version,
                state,
                node.port,
                node.log.display()
            );
        }
        Ok(())
    })
}

/// Says what is there and what is missing.
pub(super) fn doctor(args: &args::Doctor, context: &Context) -> Exit {
    let findings = doctor::examine(&context.cluster);
    if args.json {
        say!("{}", serde_json::to_string_pretty(&findings).unwrap_or_default());
    } else {
        for finding in &findings {
            say!("{:<8} {}: {}", finding.status.word(), finding.what, finding.detail);
            if let Some(fix) = &finding.fix {
                say!("         fix: {fix}");
            }
        }
    }
    let missing = findings.iter().any(|finding| finding.status == doctor::FindingStatus::Missing);
    if missing { Exit::Machinery } else { Exit::Pass }
}

fn with_state<F>(suite: &args::SuiteArgs, context: &Context, work: impl FnOnce(Option<StateFile>) -> F) -> Exit
where
    F: Future<Output = Result<(), ClusterError>>,
{
    match Suite::open(&suite.suite, &context.cwd) {
        Ok(suite) => {
            let up = state::read(&context.cluster.state_dir, &suite.settings().root);
            finish(work(up), context)
        }
        Err(errors) => refuse(&errors, context),
    }
}

fn finish(work: impl Future<Output = Result<(), ClusterError>>, context: &Context) -> Exit {
    let done = runtime().map_err(|error| error.to_string()).and_then(|runtime| {
        let done = runtime.block_on(work);
        done.map_err(|error| error.to_string())
    });
    match done {
        Ok(()) => Exit::Pass,
        Err(cause) => {
            aside!("{}", Diagnostic::nowhere(cause).render(context.color));
            Exit::Machinery
        }
    }
}

fn print_json(cluster: &ClusterDescription) {
    say!("{}", serde_json::to_string_pretty(cluster).unwrap_or_default());
}

fn print_up(cluster: &ClusterDescription, fresh: bool) {
    say!("{}", if fresh { "the servers are up" } else { "the servers were up already" });
    for node in &cluster.nodes {
        match &node.app_url {
            Some(app) => say!("{:<12} psql '{app}'   (superuser: '{}')", node.name, node.admin_url),
            None => say!("{:<12} mongosh '{}'", node.name, node.admin_url),
        }
    }
    if let Some(url) = &cluster.replica_set_url {
        say!("{:<12} mongosh '{url}'", "mongo");
    }
    say!("`polyspec run` uses them; `polyspec down` stops them");
}
