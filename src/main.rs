//! The program: reads arguments, environment and terminal once, and hands them on.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use polyspec::internal::Exit;
use polyspec::internal::{Arguments, Context, execute};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return explain(&answer),
    };
    match context() {
        Ok(context) => execute(arguments, &context).into(),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: the current folder cannot be read: {error}");
            Exit::Machinery.into()
        }
    }
}

/// Prints what is wrong with the arguments, or the help or the version that they ask for.
fn explain(answer: &clap::Error) -> ExitCode {
    match answer.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Machinery.into(),
        _ if answer.use_stderr() => Exit::Input.into(),
        _ => Exit::Pass.into(),
    }
}

/// What the process finds around it.
fn context() -> std::io::Result<Context> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let able = std::io::stderr().is_terminal() && !dumb;
    let columns = std::env::var("COLUMNS").ok().and_then(|width| width.parse().ok());
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Ok(Context {
        cwd: std::env::current_dir()?,
        interactive: able && !set("CI"),
        color: able && !set("NO_COLOR"),
        width: columns.or_else(width_now).unwrap_or(120),
        width_now,
        cores: std::thread::available_parallelism().map_or(2, usize::from),
        ci: set("CI"),
        cluster: polyspec::internal::Options::from_environment(|name| std::env::var_os(name)),
        program: std::env::current_exe()?,
    })
}

/// The columns of the terminal that standard error is, if it is one.
fn width_now() -> Option<usize> {
    console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns))
}
