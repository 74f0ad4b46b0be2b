//! `polyspec generate`, and the rows of `polyspec up --rows`.

use super::Context;
use super::args::{self, Format};
use super::live::Live;
use super::run::{explain, interruptible, request};
use super::say::{aside, say};
use crate::exit::Exit;
use crate::run::{DatabaseRequest, FileFormat, Files, Request, provide_database, write_files};
use crate::source::{visible, visible_lines};

/// Makes rows, in a system on servers or in files.
pub(super) fn generate(args: &args::Generate, context: &Context) -> Exit {
    let base = request(&args.suite, &args.servers, context);
    let request = Request { system: args.system.clone(), allow_run: args.permit.allow_run, ..base };
    let seed = seed(&args.seed);
    match &args.out {
        Some(folder) => {
            let files = Files {
                request,
                rows: args.rows,
                seed,
                folder: context.cwd.join(folder),
                format: format(args.format),
                tables: args.tables.clone(),
            };
            into_files(&files, context)
        }
        None => {
            let database = DatabaseRequest {
                request,
                rows: Some(args.rows),
                seed,
                database: args.database.clone(),
                replaces: false,
                on: args.on.clone(),
            };
            into_servers(database, context)
        }
    }
}

/// Builds the system of `polyspec up` and fills it.
pub(super) fn fill(args: &args::Up, context: &Context) -> Exit {
    let base = request(&args.suite, &args::ServerArgs::default(), context);
    let request = Request { system: args.system.clone(), allow_run: args.permit.allow_run, ..base };
    let seed = if args.rows.is_some() { seed(&args.seed) } else { String::new() };
    let database = DatabaseRequest { request, rows: args.rows, seed, database: None, replaces: args.replace, on: None };
    into_servers(database, context)
}

/// The seed, or a random one that a person can type again.
fn seed(given: &Option<String>) -> String {
    given.clone().unwrap_or_else(|| {
        let seed = rand::random::<u16>().to_string();
        aside!("seed {seed} (the same rows again: --seed {seed})");
        seed
    })
}

fn format(format: Format) -> FileFormat {
    match format {
        Format::Csv => FileFormat::Csv,
        Format::Json => FileFormat::Json,
        Format::Jsonl => FileFormat::JsonLines,
    }
}

fn into_files(files: &Files, context: &Context) -> Exit {
    let mut live = Live::new(context);
    let written = interruptible(async |interrupt| {
        write_files(files, &mut |table, done, total| live.moved(table, done, total), interrupt).await
    });
    match written {
        Ok(written) => {
            for (path, rows) in written {
                say!("{rows:>10} rows  {}", visible(&path.to_string_lossy()));
            }
            Exit::Pass
        }
        Err(error) => explain(error, context),
    }
}

fn into_servers(database: DatabaseRequest, context: &Context) -> Exit {
    let mut live = Live::new(context);
    let provided =
        interruptible(async |interrupt| provide_database(database, |event| live.event(event), interrupt).await);
    match provided {
        Ok(lines) => {
            say!("{}", visible_lines(&lines.join("\n")));
            Exit::Pass
        }
        Err(error) => explain(error, context),
    }
}
