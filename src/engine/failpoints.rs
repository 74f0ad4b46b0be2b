//! Fail points of MongoDB: a scenario that sets one runs alone, and whatever it has set is turned off on its way out.

use std::time::Duration;

use bson::doc;

use super::job::Job;
use super::step::Stage;
use crate::backend::mongo::{Command, Target};
use crate::model::{Action, Body, Step, Value, ValueKind};

/// How long turning one off may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether the scenario sets a fail point by itself.
pub(super) fn sets_any(job: &Job) -> bool {
    !names(job).is_empty()
}

/// Turns every fail point that the scenario sets off, on every member.
pub(super) async fn off(stage: &Stage<'_>, job: &Job) {
    let Some(clients) = stage.sessions.clients() else { return };
    for name in names(job) {
        for at in 0..clients.set.members.len() {
            let mut session = crate::backend::mongo::MongoSession::new(clients.clone(), false);
            let document = doc! { "configureFailPoint": &name, "mode": "off" };
            let command = Command { target: &Target::Member(at), database: "admin", document, limit: LIMIT };
            // A member that is down has lost its fail points with its process.
            let _ = session.run(command, None).await;
        }
    }
}

fn names(job: &Job) -> Vec<String> {
    let Body::Steps { steps, finally } = &job.scenario.body else { return vec![] };
    steps.iter().chain(finally).filter_map(fail_point).collect()
}

fn fail_point(step: &Step) -> Option<String> {
    let Action::Mongo(Value { kind: ValueKind::Mapping(entries), .. }) = &step.action else { return None };
    let (name, value) = entries.first()?;
    match &value.kind {
        ValueKind::Text(text) if name.value == "configureFailPoint" => text.as_literal().map(str::to_string),
        _ => None,
    }
}
