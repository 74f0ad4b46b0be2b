//! The command line: arguments, wiring, exit codes. Thin: what a command does lies in the rooms below.

mod args;
mod bless;
mod check;
mod cluster;
mod context;
mod course;
mod generate;
mod grade;
mod list;
mod live;
mod mutants;
mod replay;
mod reporters;
mod run;
mod say;
mod schema;
mod signals;

pub use args::Arguments;
pub use context::Context;

use crate::exit::Exit;
use crate::source::Diagnostic;
use args::Command;

/// Carries out a command line.
pub fn execute(arguments: Arguments, context: &Context) -> Exit {
    let debug = arguments.verbose > 1;
    crate::run::listen(say::warning, debug);
    // A live line would be in the middle of the lines that are printed beside it.
    let context = &Context { interactive: context.interactive && !debug, ..context.clone() };
    if needs_servers(&arguments.command)
        && let Err(error) = context.cluster.check()
    {
        return reporters::refuse(&[Diagnostic::nowhere(error.to_string())], context);
    }
    let exit = match arguments.command {
        Command::Run(run) => run::run(&run, arguments.verbose > 0, context),
        Command::Bless(bless) => bless::bless(&bless, context),
        Command::Review(review) => bless::review(&review, context),
        Command::Check(check) => check::check(&check, context),
        Command::List(list) => list::list(&list, context),
        Command::Grade(args) => grade::grade(&args, context),
        Command::Mutants(args) => mutants::mutants(&args, context),
        Command::Up(up) => cluster::up(&up, context),
        Command::Generate(generate) => generate::generate(&generate, context),
        Command::Down(down) => cluster::down(&down, context),
        Command::Status(status) => cluster::status(&status, context),
        Command::Doctor(doctor) => cluster::doctor(&doctor, context),
        Command::Replay(replay) => replay::replay(&replay, arguments.verbose > 0, context),
        Command::Schema(schema) => schema::schema(&schema, context),
    };
    say::settle(exit)
}

/// Whether a command starts servers or looks for those of `up`: then the place for them must do.
fn needs_servers(command: &Command) -> bool {
    !matches!(
        command,
        Command::Check(_) | Command::List(_) | Command::Replay(_) | Command::Schema(_) | Command::Doctor(_)
    )
}
