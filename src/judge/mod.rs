//! (expectation, observation) → evidence: rows, documents, errors, plans, goldens, differences, redaction. Pure: it reads and
//! writes only through the readers and writers that it is given, and needs no server.

mod actual;
mod agree;
mod align;
mod alternatives;
mod bson_order;
mod bson_value;
mod cell;
mod check;
mod compare;
mod decimal;
mod desk;
mod diff;
mod documents;
mod ejson;
mod error;
mod evidence;
pub mod golden;
mod instant;
mod json;
mod key_order;
mod listed;
mod listing;
mod lossy;
mod matching;
mod operator;
mod output;
mod own;
mod pairing;
mod parts;
mod place;
mod plan;
mod program;
mod recorded;
mod redact;
mod refusal;
mod repeat;
mod rows;
mod save;
mod sent;
mod show;
mod sql_value;
mod types;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use alternatives::{ONE_OF, alternatives};
pub use check::check;
pub use compare::{Values, compare_bson};
pub use diff::{diff_lines, diff_rows};
pub use listed::listed_documents;
pub use recorded::RECORDED;
pub use redact::Redactor;
pub use repeat::differs_between_runs;
pub use save::save;

use std::collections::BTreeSet;
use std::time::Duration;

use desk::Desk;

use crate::model::{Expectation, Step, Variables};
use crate::observation::{Answers, Observation, Outcome, Output, Question};
use crate::source::Spanned;
use crate::verdict::Evidence;

/// What servers said of values, at most in one evidence.
const NOTES: usize = 5;

/// What does not hold; empty when everything holds. A step without `expect` must merely succeed; every part of an `expect`
/// must hold on each node that answered. Of `one_of` one alternative must hold, on all of them.
///
/// # Errors
/// The questions that only servers can answer and that are not among `answers`: there is no judgement without them. With
/// their answers there may be others, in the end none.
pub fn judge(
    step: &Step,
    observations: &[Observation],
    variables: &Variables,
    answers: &Answers,
) -> Result<Vec<Evidence>, BTreeSet<Question>> {
    match step.expect.as_ref().and_then(|expect| expect.one_of.as_ref()) {
        Some(one_of) => alternatives::judge(one_of, step, observations, variables, answers),
        None => whole(step, observations, variables, answers),
    }
}

/// Every part of a step without alternatives.
fn whole(
    step: &Step,
    observations: &[Observation],
    variables: &Variables,
    answers: &Answers,
) -> Result<Vec<Evidence>, BTreeSet<Question>> {
    let (mut found, mut open) = (vec![], BTreeSet::new());
    for observation in observations {
        let desk = desk(observation, answers);
        let mut evidence = one(step, observation, &desk, variables);
        open.extend(finish(desk, observation, &mut evidence));
        found.extend(evidence);
    }
    if let Some(expect) = &step.expect {
        if observations.is_empty() {
            found.push(Evidence::at(&expect.span, "no node answered, so that nothing was proven"));
        }
        if let Some(agree) = &expect.agree {
            let (evidence, more) = agree::check(agree, expect, observations, answers);
            found.extend(evidence);
            open.extend(more);
        }
    }
    if open.is_empty() { Ok(found) } else { Err(open) }
}

/// Where what `observation` returned is compared.
fn desk<'a>(observation: &'a Observation, answers: &'a Answers) -> Desk<'a> {
    let settings = match &observation.outcome {
        Outcome::Output(Output::Sql { rows: Some(set), .. }) => set.settings.as_ref(),
        _ => None,
    };
    Desk::new(&observation.node, settings, answers)
}

/// The evidence gets the node and what the server said of its values.
fn finish(desk: Desk, observation: &Observation, evidence: &mut [Evidence]) -> BTreeSet<Question> {
    let (open, notes) = desk.close();
    evidence.iter_mut().for_each(|evidence| evidence.node = Some(observation.node.clone()));
    if let Some(first) = evidence.first_mut() {
        first.notes.extend(notes.into_iter().take(NOTES));
    }
    open
}

fn one(step: &Step, observation: &Observation, desk: &Desk, variables: &Variables) -> Vec<Evidence> {
    let awaited = step.expect.as_ref().and_then(|expect| expect.error.as_ref());
    let mut found = match (&observation.outcome, awaited) {
        (Outcome::Refused(error), None) => vec![error::refused(step, error, variables)],
        (Outcome::Refused(error), Some(awaited)) => error::check(awaited, error, variables),
        (Outcome::Output(output), Some(awaited)) => vec![error::succeeded(awaited, output, variables)],
        (Outcome::Output(output), None) => {
            step.expect.iter().flat_map(|expect| parts(step, expect, output, desk, variables)).collect()
        }
    };
    if let Outcome::Output(Output::Program(end)) = &observation.outcome {
        found.extend(program::check(step, end));
    }
    if let Some(expect) = &step.expect {
        found.extend(sent::check(expect, observation, variables));
    }
    if let Some(within) = step.expect.as_ref().and_then(|expect| expect.within.as_ref()) {
        found.extend(lag(within, observation.lag));
    }
    found
}

fn parts(step: &Step, expect: &Expectation, output: &Output, desk: &Desk, variables: &Variables) -> Vec<Evidence> {
    let mut found = output::check(expect, output, desk, variables);
    if let Some(expected) = &expect.documents {
        found.extend(match key_order::of_indexes(expected, &step.action) {
            Some(ordered) => documents::documents(&ordered, output, variables),
            None => documents::documents(expected, output, variables),
        });
    }
    if let Some(expected) = &expect.reply {
        found.extend(documents::reply(expected, output, variables));
    }
    if let Some(expected) = &expect.plan {
        found.extend(plan::check(expected, output, variables));
    }
    if let Some(expected) = &expect.recorded {
        found.extend(recorded::check(expected, output, variables));
    }
    found
}

fn lag(within: &Spanned<Duration>, lag: Option<Duration>) -> Option<Evidence> {
    let message = match lag {
        None => "`within` bounds a lag, and none was measured".to_string(),
        Some(lag) if lag <= within.value => return None,
        Some(_) => "it took longer than `within` allows".to_string(),
    };
    let mut evidence = Evidence::at(&within.span, message);
    evidence.expected = Some(format!("at most {:?}", within.value));
    evidence.actual = lag.map(|lag| format!("{lag:?}"));
    if lag.is_none() {
        evidence.notes.push("A lag is measured by `eventually` and by `catch_up`.".into());
    }
    Some(evidence)
}
