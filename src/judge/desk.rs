//! Where a judgement looks up what only the server knows, and leaves the questions that are still open.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::observation::{Answer, Answers, OutputSettings, Question, Relation, SqlType};

/// Questions that one judgement leaves open at most; what is beyond is asked in the next round.
const OPEN: usize = 20_000;

/// The answers that are known about the values of one node.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    node: &'a str,
    settings: Option<&'a OutputSettings>,
    answers: &'a Answers,
    open: RefCell<BTreeSet<Question>>,
    notes: RefCell<BTreeSet<String>>,
}

/// How one value stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In this order.
    Is(Ordering),
    /// They cannot be compared.
    Apart,
    /// The type has no order.
    NoOrder,
    /// The server has not been asked yet; it counts as what is expected, so that the walk finds the other questions.
    Open,
}

impl<'a> Desk<'a> {
    /// For what `node` returned; `settings` are those of the session when they are not polyspec's own.
    pub(super) fn new(node: &'a str, settings: Option<&'a OutputSettings>, answers: &'a Answers) -> Self {
        Self { node, settings, answers, open: RefCell::default(), notes: RefCell::default() }
    }

    /// Whether the values are equal; as long as that is not known, yes. Where the server cannot say, they are equal when
    /// they are the same text.
    pub(super) fn equal(&self, sql_type: &SqlType, expected: &str, actual: &str, zone: Option<String>) -> bool {
        let question = self.question(sql_type, Relation::Equality, expected, actual, zone);
        match self.answers.get(&question) {
            None => {
                self.leave(question);
                true
            }
            Some(Answer::Equality(equal)) => *equal,
            Some(other) => {
                self.note(&question, other);
                false
            }
        }
    }

    /// How what was written stands to what the server returned.
    pub(super) fn order(&self, sql_type: &SqlType, expected: &str, actual: &str, zone: Option<String>) -> Standing {
        let question = self.question(sql_type, Relation::Order, expected, actual, zone);
        match self.answers.get(&question) {
            None => {
                self.leave(question);
                Standing::Open
            }
            Some(Answer::Order(order)) => Standing::Is(*order),
            Some(Answer::NoOrder | Answer::Unknown(_)) => Standing::NoOrder,
            Some(other) => {
                self.note(&question, other);
                Standing::Apart
            }
        }
    }

    fn question(
        &self,
        sql_type: &SqlType,
        relation: Relation,
        expected: &str,
        actual: &str,
        zone: Option<String>,
    ) -> Question {
        let settings = match (self.settings, zone) {
            (Some(settings), _) => Some(settings.clone()),
            (None, Some(time_zone)) => Some(OutputSettings { time_zone, ..OutputSettings::default() }),
            (None, None) => None,
        };
        Question {
            node: self.node.to_string(),
            sql_type: sql_type.clone(),
            relation,
            expected: expected.to_string(),
            actual: actual.to_string(),
            settings,
        }
    }

    fn leave(&self, question: Question) {
        let mut open = self.open.borrow_mut();
        if open.len() < OPEN {
            open.insert(question);
        }
    }

    fn note(&self, question: &Question, answer: &Answer) {
        let name = &question.sql_type.name;
        let note = match answer {
            Answer::NotAValue(why) => format!("`{}` is not a value of type {name}: {why}", question.expected),
            Answer::Unknown(why) => format!("values of type {name} were compared as text: {why}"),
            _ => return,
        };
        self.notes.borrow_mut().insert(note);
    }

    /// The questions that are open, and what helps to understand the answers.
    pub(super) fn close(self) -> (BTreeSet<Question>, BTreeSet<String>) {
        (self.open.into_inner(), self.notes.into_inner())
    }
}
