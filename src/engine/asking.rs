//! Judges with the help of the servers: what only they know is asked for, until nothing is open.

use std::collections::BTreeSet;

use crate::backend::BackendError;
use crate::backend::pg::{PgNode, answer};
use crate::judge;
use crate::model::{Step, Variables};
use crate::observation::{Answers, Observation, Question};
use crate::verdict::Evidence;

/// Whoever can answer questions about values.
pub trait Answerer {
    /// The answers to all of them.
    fn ask(&self, questions: BTreeSet<Question>) -> impl Future<Output = Result<Answers, BackendError>>;
}

/// The servers of a run, over connections of polyspec's own to the scenario's database.
pub struct Servers<'a> {
    /// The PostgreSQL servers.
    pub nodes: Vec<&'a PgNode>,
    /// The database.
    pub database: &'a str,
}

impl Answerer for Servers<'_> {
    async fn ask(&self, questions: BTreeSet<Question>) -> Result<Answers, BackendError> {
        let mut answers = Answers::new();
        for node in &self.nodes {
            let name = node.name.to_string();
            let of_node: Vec<Question> = questions.iter().filter(|question| question.node == name).cloned().collect();
            if !of_node.is_empty() {
                answers.extend(answer(node, self.database, of_node).await?);
            }
        }
        match questions.iter().find(|question| !answers.contains_key(question)) {
            None => Ok(answers),
            Some(open) => Err(BackendError::Other(format!("no server can be asked about the values of {}", open.node))),
        }
    }
}

/// The judgement. `answers` are those that are known, and get the new ones.
///
/// # Errors
/// A server that must be asked cannot be asked.
pub async fn judge(
    answerer: &impl Answerer,
    step: &Step,
    observations: &[Observation],
    variables: &Variables,
    answers: &mut Answers,
) -> Result<Vec<Evidence>, BackendError> {
    loop {
        match judge::judge(step, observations, variables, answers) {
            Ok(evidence) => return Ok(evidence),
            Err(questions) => {
                let open = questions.clone();
                let found = answerer.ask(questions).await?;
                if let Some(question) = open.iter().find(|question| !found.contains_key(question)) {
                    return Err(BackendError::Other(format!("{} did not answer a question", question.node)));
                }
                answers.extend(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::judge::testing::{returned, step, value, variables};
    use crate::observation::{Answer, Relation};

    /// Answers that everything is equal, or nothing at all.
    struct Scripted {
        rounds: Cell<usize>,
        silent: bool,
    }

    impl Answerer for Scripted {
        async fn ask(&self, questions: BTreeSet<Question>) -> Result<Answers, BackendError> {
            self.rounds.set(self.rounds.get() + 1);
            let equal = |question: Question| {
                assert_eq!(question.relation, Relation::Equality);
                (question, Answer::Equality(true))
            };
            Ok(questions.into_iter().filter(|_| !self.silent).map(equal).collect())
        }
    }

    fn expected() -> Step {
        let mut expect = crate::judge::testing::expectation();
        expect.value = Some(value("\"24 hours\""));
        step(Some(expect))
    }

    #[tokio::test]
    async fn a_question_is_asked_once_however_often_a_step_is_judged() {
        let server = Scripted { rounds: Cell::new(0), silent: false };
        let (observation, mut answers) = (returned(&["x:interval"], &[&["1 day"]]), Answers::new());
        for _ in 0..3 {
            let observations = std::slice::from_ref(&observation);
            let found = judge(&server, &expected(), observations, &variables(), &mut answers).await;
            assert!(found.unwrap().is_empty());
        }
        assert_eq!((server.rounds.get(), answers.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_a_breakage() {
        let server = Scripted { rounds: Cell::new(0), silent: true };
        let observation = returned(&["x:interval"], &[&["1 day"]]);
        let found = judge(&server, &expected(), &[observation], &variables(), &mut Answers::new()).await;
        assert_eq!(found.unwrap_err().to_string(), "pg.apj did not answer a question");
    }
}
