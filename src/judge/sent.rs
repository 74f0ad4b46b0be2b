//! What PostgreSQL sent beside its answer: notices, and notifications of channels that the session listens on. The lists are
//! whole and in order: one that was not expected is as wrong as one that is missing.

use super::actual::Actual;
use super::diff::diff_rows;
use super::error::{contains, is_state};
use super::evidence::{invalid, values_of};
use super::matching::{Match, Miss, matches};
use super::rows::count;
use super::{golden, operator, show};
use crate::model::{Expectation, NoticeExpectation, NotificationExpectation, Value, Variables};
use crate::observation::{Notice, Notification, Observation};
use crate::source::{Span, Spanned};
use crate::variables;
use crate::verdict::Evidence;

/// `notices` and `notifications`, whether the statement succeeded or was refused.
pub(super) fn check(expect: &Expectation, observation: &Observation, variables: &Variables) -> Vec<Evidence> {
    let notices = expect.notices.as_ref().and_then(|expected| {
        Notices { expected: &expected.value, got: &observation.notices, variables }.check(expected)
    });
    let notifications = expect.notifications.as_ref().and_then(|expected| {
        Notifications { expected: &expected.value, got: &observation.notifications, variables }.check(expected)
    });
    notices.into_iter().chain(notifications).collect()
}

/// An expected list and the one that the server sent.
trait Sent {
    /// What one of them is called.
    const NOUN: &'static str;
    /// The columns of the difference.
    const HEADER: [&'static str; 2];
    fn lengths(&self) -> (usize, usize);
    fn one(&self, at: usize) -> Match;
    fn span(&self, at: usize) -> &Span;
    fn wanted(&self, at: usize) -> [String; 2];
    fn got(&self, at: usize) -> [String; 2];
    /// The values of an expected one.
    fn values(&self, at: usize) -> Vec<&Value>;
    fn variables(&self) -> &Variables;

    /// What does not hold.
    fn check<T>(&self, list: &Spanned<T>) -> Option<Evidence> {
        let (expected, got) = self.lengths();
        let first = (0..expected.min(got)).find_map(|at| self.one(at).err().map(|miss| (at, miss)));
        let (expected_count, got_count) = (count(expected as u64, Self::NOUN), count(got as u64, Self::NOUN));
        let (span, message) = match first {
            Some((_, Miss::Invalid(diagnostic))) => return Some(invalid(&diagnostic)),
            None if expected == got => return None,
            _ if expected != got => (&list.span, format!("expected {expected_count}, got {got_count}")),
            Some((at, miss)) => (self.span(at), format!("{} {}: {}", Self::NOUN, at + 1, miss.sentence())),
            None => return None,
        };
        let mut evidence = Evidence::at(span, message);
        (evidence.expected, evidence.actual) = (Some(expected_count), Some(got_count));
        evidence.notes = values_of((0..expected).flat_map(|at| self.values(at)), self.variables());
        evidence.diff = Some(self.difference());
        Some(evidence)
    }

    fn difference(&self) -> crate::verdict::Diff {
        let (expected, got) = self.lengths();
        // What matches is shown as it came, so that only what differs stands out.
        let line = |at: usize| match at < got && self.one(at).is_ok() {
            true => self.got(at).to_vec(),
            false => self.wanted(at).to_vec(),
        };
        let wanted: Vec<Vec<String>> = (0..expected).map(line).collect();
        let actual: Vec<Vec<String>> = (0..got).map(|at| self.got(at).to_vec()).collect();
        diff_rows(Some(&Self::HEADER.map(String::from)), &wanted, &actual)
    }
}

struct Notices<'a> {
    expected: &'a [NoticeExpectation],
    got: &'a [Notice],
    variables: &'a Variables,
}

impl Notices<'_> {
    /// An operator, or a state or the class of one.
    fn state(&self, expected: &Value, got: &str) -> Match {
        if operator::operators(expected).is_some() {
            return matches(expected, &Actual::text_value(got), self.variables);
        }
        let wanted = variables::datum(expected, self.variables)?.to_text();
        if is_state(got, &wanted) { Ok(()) } else { Err(Miss::differs(format!("expected {wanted}, got {got}"))) }
    }

    /// A part of a notice that is text: contained in it, or matched by an operator.
    fn part(&self, name: &str, expected: Option<&Value>, got: Option<&str>) -> Match {
        let Some(expected) = expected else { return Ok(()) };
        let held = match got {
            Some(text) if operator::operators(expected).is_none() => contains(expected, text, self.variables),
            Some(text) => matches(expected, &Actual::text_value(text), self.variables),
            None => matches(expected, &Actual::Missing, self.variables),
        };
        held.map_err(|miss| named(name, miss))
    }
}

fn named(name: &str, miss: Miss) -> Miss {
    match miss {
        Miss::Differs { .. } => Miss::differs(format!("`{name}`: {}", miss.sentence())),
        invalid => invalid,
    }
}

impl Sent for Notices<'_> {
    const NOUN: &'static str = "notice";
    const HEADER: [&'static str; 2] = ["severity", "message"];

    fn lengths(&self) -> (usize, usize) {
        (self.expected.len(), self.got.len())
    }

    fn one(&self, at: usize) -> Match {
        let (expected, got) = (&self.expected[at], &self.got[at]);
        if let Some(severity) = expected.severity.as_ref().filter(|severity| severity.value != got.severity) {
            return Err(Miss::differs(format!("expected {}, got {}", severity.value, got.severity)));
        }
        if let Some(state) = &expected.sqlstate {
            self.state(state, &got.sqlstate).map_err(|miss| named("sqlstate", miss))?;
        }
        self.part("message", expected.message.as_ref(), Some(&got.message))?;
        self.part("detail", expected.detail.as_ref(), got.detail.as_deref())?;
        self.part("hint", expected.hint.as_ref(), got.hint.as_deref())
    }

    fn span(&self, at: usize) -> &Span {
        &self.expected[at].span
    }

    fn wanted(&self, at: usize) -> [String; 2] {
        let expected = &self.expected[at];
        let severity = expected.severity.as_ref().map_or("…".to_string(), |severity| severity.value.clone());
        [severity, expected.message.as_ref().map_or("…".into(), |message| show::cell(message, self.variables))]
    }

    fn got(&self, at: usize) -> [String; 2] {
        [self.got[at].severity.clone(), golden::cell(Some(&self.got[at].message))]
    }

    fn values(&self, at: usize) -> Vec<&Value> {
        let NoticeExpectation { sqlstate, message, detail, hint, .. } = &self.expected[at];
        [sqlstate, message, detail, hint].into_iter().flatten().collect()
    }

    fn variables(&self) -> &Variables {
        self.variables
    }
}

struct Notifications<'a> {
    expected: &'a [NotificationExpectation],
    got: &'a [Notification],
    variables: &'a Variables,
}

impl Sent for Notifications<'_> {
    const NOUN: &'static str = "notification";
    const HEADER: [&'static str; 2] = ["channel", "payload"];

    fn lengths(&self) -> (usize, usize) {
        (self.expected.len(), self.got.len())
    }

    fn one(&self, at: usize) -> Match {
        let (expected, got) = (&self.expected[at], &self.got[at]);
        let channel = matches(&expected.channel, &Actual::text_value(&got.channel), self.variables);
        channel.map_err(|miss| named("channel", miss))?;
        let Some(payload) = &expected.payload else { return Ok(()) };
        matches(payload, &Actual::text_value(&got.payload), self.variables).map_err(|miss| named("payload", miss))
    }

    fn span(&self, at: usize) -> &Span {
        &self.expected[at].span
    }

    fn wanted(&self, at: usize) -> [String; 2] {
        let expected = &self.expected[at];
        let payload = expected.payload.as_ref().map_or("…".into(), |payload| show::cell(payload, self.variables));
        [show::cell(&expected.channel, self.variables), payload]
    }

    fn got(&self, at: usize) -> [String; 2] {
        [golden::cell(Some(&self.got[at].channel)), golden::cell(Some(&self.got[at].payload))]
    }

    fn values(&self, at: usize) -> Vec<&Value> {
        let NotificationExpectation { channel, payload, .. } = &self.expected[at];
        [Some(channel), payload.as_ref()].into_iter().flatten().collect()
    }

    fn variables(&self) -> &Variables {
        self.variables
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::judge::testing::{awaited, expectation, judge, span, spanned, step, value_at, variables};
    use crate::observation::{Outcome, Output, ServerError};

    fn notice(severity: &str, message: &str) -> Notice {
        Notice { severity: severity.into(), message: message.into(), sqlstate: "00000".into(), ..Notice::default() }
    }

    fn expected(severity: Option<&str>, message: &str, line: usize) -> NoticeExpectation {
        let severity = severity.map(|severity| spanned(severity.to_string(), line));
        let message = Some(value_at(message, line));
        NoticeExpectation { span: span(line), severity, message, sqlstate: None, detail: None, hint: None }
    }

    fn judged(expected: Vec<NoticeExpectation>, got: Vec<Notice>, outcome: Outcome) -> Vec<String> {
        let mut expect = expectation();
        expect.notices = Some(spanned(expected, 20));
        if let Outcome::Refused(_) = outcome {
            expect.error = Some(awaited());
        }
        let observation = Observation { notices: got, ..Observation::new("pg.apj", outcome, Duration::ZERO) };
        let found = judge(&step(Some(expect)), &[observation], &variables());
        found
            .iter()
            .map(|evidence| format!("{}: {}", evidence.place.as_ref().unwrap().line, evidence.message))
            .collect()
    }

    fn nothing() -> Outcome {
        Outcome::Output(Output::Nothing)
    }

    #[test]
    fn notices_match_by_severity_and_by_text_that_they_contain_in_their_order() {
        let wanted = || vec![expected(None, r#""hel""#, 21), expected(Some("WARNING"), r#"{"$$regex": "^care"}"#, 22)];
        let got = || vec![notice("NOTICE", "hello"), notice("WARNING", "careful")];
        assert_eq!(judged(wanted(), got(), nothing()), Vec::<String>::new());
        let swapped = got().into_iter().rev().collect();
        assert_eq!(
            judged(wanted(), swapped, nothing()),
            [r#"21: notice 1: `message`: "careful" does not contain "hel""#]
        );
        let other = vec![notice("NOTICE", "hello"), notice("INFO", "careful")];
        assert_eq!(judged(wanted(), other, nothing()), ["22: notice 2: expected WARNING, got INFO"]);
    }

    #[test]
    fn a_notice_too_many_and_a_missing_one_are_wrong() {
        let wanted = || vec![expected(None, r#""hello""#, 21)];
        assert_eq!(judged(wanted(), vec![], nothing()), ["20: expected 1 notice, got 0 notices"]);
        let two = || vec![notice("NOTICE", "hello"), notice("NOTICE", "hello")];
        assert_eq!(judged(wanted(), two(), nothing()), ["20: expected 1 notice, got 2 notices"]);
        assert_eq!(judged(vec![], two(), nothing()), ["20: expected 0 notices, got 2 notices"]);
        assert!(judged(vec![], vec![], nothing()).is_empty());
    }

    #[test]
    fn a_statement_that_is_refused_may_have_sent_notices() {
        let refused = || Outcome::Refused(ServerError::default());
        let wanted = || vec![expected(None, r#""hello""#, 21)];
        assert!(judged(wanted(), vec![notice("NOTICE", "hello")], refused()).is_empty());
        assert_eq!(judged(wanted(), vec![], refused()).len(), 1);
    }

    #[test]
    fn details_and_hints_of_a_notice_are_compared_and_may_be_missing() {
        let mut wanted = expected(None, r#""hello""#, 21);
        wanted.hint = Some(value_at(r#""go""#, 21));
        let mut got = notice("NOTICE", "hello");
        let found = judged(vec![wanted.clone()], vec![got.clone()], nothing());
        assert_eq!(found, [r#"21: notice 1: `hint`: expected "go", but it is missing"#]);
        got.hint = Some("good".into());
        assert!(judged(vec![wanted], vec![got], nothing()).is_empty());
    }

    fn notified(channel: &str, payload: Option<&str>, got: &[(&str, &str)]) -> Vec<String> {
        let wanted = NotificationExpectation {
            span: span(21),
            channel: value_at(channel, 21),
            payload: payload.map(|payload| value_at(payload, 21)),
        };
        let mut expect = expectation();
        expect.notifications = Some(spanned(vec![wanted], 20));
        let one =
            |(channel, payload): &(&str, &str)| Notification { channel: (*channel).into(), payload: (*payload).into() };
        let mut observation = Observation::new("pg.apj", nothing(), Duration::ZERO);
        observation.notifications = got.iter().map(one).collect();
        judge(&step(Some(expect)), &[observation], &variables()).into_iter().map(|evidence| evidence.message).collect()
    }

    #[test]
    fn a_notification_is_the_whole_channel_and_the_whole_payload() {
        assert!(notified(r#""ch""#, Some(r#""${five}""#), &[("ch", "5")]).is_empty());
        assert!(notified(r#""ch""#, None, &[("ch", "anything")]).is_empty());
        let found = notified(r#""ch""#, Some(r#""hel""#), &[("ch", "hello")]);
        assert!(found[0].starts_with(r#"notification 1: `payload`: expected "hel""#), "{found:?}");
        assert_eq!(notified(r#""c""#, None, &[("ch", "")]).len(), 1);
        assert_eq!(notified(r#""ch""#, None, &[]), ["expected 1 notification, got 0 notifications"]);
    }
}
