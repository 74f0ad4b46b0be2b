//! `polyspec list`.

use super::Context;
use super::args;
use super::reporters::refuse;
use super::run::{request, selection};
use super::say::say;
use crate::engine::Job;
use crate::exit::Exit;
use crate::run::{Request, prepare};
use crate::source::visible;

/// Prints the runs of a selection, a line each.
pub(super) fn list(args: &args::List, context: &Context) -> Exit {
    let base = request(&args.suite, &args::ServerArgs::default(), context);
    match prepare(Request { selection: selection(&args.select, base.seed), ..base }) {
        Ok(prepared) => {
            for job in &prepared.jobs {
                say!("{}", if args.json { json(job) } else { line(job) });
            }
            Exit::Pass
        }
        Err(errors) => refuse(&errors, context),
    }
}

fn requirements(job: &Job) -> Vec<&str> {
    job.scenario.requirements.iter().map(|id| id.value.as_str()).collect()
}

fn line(job: &Job) -> String {
    let proves = match &job.scenario.design {
        Some(_) => "design".to_string(),
        None => requirements(job).join(", "),
    };
    format!("{}  {}  [{}]", visible(&job.name), visible(&job.scenario.title.value), visible(&proves))
}

fn json(job: &Job) -> String {
    let tags: Vec<&str> = job.scenario.tags.iter().map(|tag| tag.value.as_str()).collect();
    serde_json::json!({
        "name": job.name,
        "title": job.scenario.title.value,
        "requirements": requirements(job),
        "design": job.scenario.design,
        "tags": tags,
    })
    .to_string()
}
