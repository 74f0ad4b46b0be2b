//! The program: reads arguments, environment and terminal once, and hands them on.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use polyspec::cli::{Arguments, Context, execute};
use polyspec::exit::Exit;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match context() {
        Ok(context) => execute(arguments, &context).into(),
        Err(error) => {
            eprintln!("error: the current folder cannot be read: {error}");
            Exit::Machinery.into()
        }
    }
}

fn context() -> std::io::Result<Context> {
    let interactive = std::io::stderr().is_terminal();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Ok(Context {
        cwd: std::env::current_dir()?,
        interactive: interactive && !set("CI"),
        color: interactive && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        width: std::env::var("COLUMNS").ok().and_then(|width| width.parse().ok()).unwrap_or(120),
        cores: std::thread::available_parallelism().map_or(2, usize::from),
        ci: set("CI"),
        cluster: polyspec::cluster::Options::from_environment(|name| std::env::var_os(name)),
        program: std::env::current_exe()?,
    })
}
