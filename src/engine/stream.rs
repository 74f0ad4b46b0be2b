//! Cursors that stay open: steps that read on from one that an earlier step opened.

use std::time::Duration;

use super::order::{Order, Work};
use super::outcome::{Halt, Trouble, refused};
use super::stage::{Stage, Stream};
use crate::backend::mongo::Until;
use crate::judge;
use crate::model::{Expectation, Step, Variables};
use crate::observation::{Answers, Keep};

/// The cursor that a step opens: its name, and where it is.
pub(super) fn opened(step: &Step, orders: &[Order]) -> Option<(String, Stream)> {
    let name = step.stream.as_ref()?;
    match orders {
        [Order { work: Work::Mongo { .. }, node, to, session, .. }] => {
            let stream = Stream { to: to.clone(), session: session.clone(), node: node.clone() };
            Some((name.value.clone(), stream))
        }
        _ => None,
    }
}

/// The order of a step that reads on.
pub(super) fn reading(step: &Step, stream: &Stream, name: &str, limit: Duration, variables: &Variables) -> Order {
    let Stream { to, session, node } = stream.clone();
    let work = Work::ReadStream { stream: name.to_string(), until: until(step, variables) };
    Order { node, to, session, work, limit, keep: Keep::All }
}

/// As many documents as the step can use; when it says nothing of that, what is there now.
fn until(step: &Step, variables: &Variables) -> Until {
    let mut expected = step.expect.iter().flat_map(Expectation::each);
    let listed = expected.find_map(|expect| judge::listed_documents(expect, variables)).filter(|count| *count > 0);
    if let Some(count) = listed {
        return Until::Count(count as u64);
    }
    let some = step
        .expect
        .iter()
        .flat_map(Expectation::each)
        .filter_map(|expect| expect.empty.as_ref())
        .any(|empty| !empty.value);
    match super::keep::of(step) {
        Keep::First(count) if count > 0 => Until::Count(count),
        _ if some => Until::Count(1),
        _ => Until::Now,
    }
}

impl Stage<'_> {
    /// Reads on from a cursor, and judges what has come.
    pub(super) async fn read_stream(&mut self, step: &Step, order: &Order) -> Result<(), Halt> {
        let answer = self.transport.send(order, None).await.or_else(|error| refused(step, &order.node, error));
        let observation = answer.map_err(|error| Trouble::Backend(error).into_halt(step))?;
        self.server_time += observation.elapsed;
        let observations = [observation];
        let evidence = self.judge(step, &observations, &mut Answers::new()).await;
        let evidence = evidence.map_err(|trouble| trouble.into_halt(step))?;
        Halt::unless_empty(evidence)?;
        self.accept(step, &observations).await
    }
}
