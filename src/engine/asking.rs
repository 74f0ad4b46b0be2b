//! Judges with the help of the servers: what only they know is asked for, until nothing is open.

use std::collections::BTreeSet;

use crate::backend::BackendError;
use crate::judge;
use crate::model::{Step, Variables};
use crate::observation::{Answers, Observation, Question};
use crate::verdict::Evidence;

/// The judgement. `ask` answers questions about values; `answers` are those that are known, and get the new ones.
///
/// # Errors
/// A server that must be asked cannot be asked.
pub async fn judge(
    ask: impl AsyncFn(BTreeSet<Question>) -> Result<Answers, BackendError>,
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
                let found = ask(questions).await?;
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

    impl Scripted {
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
            let found =
                judge(async |open| server.ask(open).await, &expected(), observations, &variables(), &mut answers).await;
            assert!(found.unwrap().is_empty());
        }
        assert_eq!((server.rounds.get(), answers.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_a_breakage() {
        let server = Scripted { rounds: Cell::new(0), silent: true };
        let observation = returned(&["x:interval"], &[&["1 day"]]);
        let found =
            judge(async |open| server.ask(open).await, &expected(), &[observation], &variables(), &mut Answers::new())
                .await;
        assert_eq!(found.unwrap_err().to_string(), "pg.apj did not answer a question");
    }
}
