//! `one_of`: several outcomes are right, and what came back must be one of them, whole.

use std::collections::BTreeSet;

use crate::model::{Alternative, Step, Variables};
use crate::observation::{Answers, Observation, Question};
use crate::source::Spanned;
use crate::verdict::Evidence;

/// The path of `save` that is the name of the alternative that was met.
pub const ONE_OF: &str = "one_of";

/// The step as each of its alternatives has it, with their names; none without `one_of`.
pub fn alternatives(step: &Step) -> Vec<(String, Step)> {
    let listed = step.expect.iter().flat_map(|expect| expect.alternatives());
    listed.map(|alternative| (alternative.name.value.clone(), with(step, alternative))).collect()
}

fn with(step: &Step, alternative: &Alternative) -> Step {
    Step { expect: Some(alternative.expect.clone()), ..step.clone() }
}

/// Nothing as soon as an alternative holds; else what does not hold of each, under its name. The first that holds is always
/// the same one: those before it are judged with all that servers can say of them.
pub(super) fn judge(
    one_of: &Spanned<Vec<Alternative>>,
    step: &Step,
    observations: &[Observation],
    variables: &Variables,
    answers: &Answers,
) -> Result<Vec<Evidence>, BTreeSet<Question>> {
    let (mut found, mut open) = (vec![neither(one_of)], BTreeSet::new());
    for alternative in &one_of.value {
        match super::whole(&with(step, alternative), observations, variables, answers) {
            Ok(evidence) if evidence.is_empty() => {
                found.clear();
                break;
            }
            Ok(evidence) => found.extend(evidence.into_iter().map(|evidence| named(alternative, evidence))),
            Err(questions) => open.extend(questions),
        }
    }
    if open.is_empty() { Ok(found) } else { Err(open) }
}

fn neither(one_of: &Spanned<Vec<Alternative>>) -> Evidence {
    let names: Vec<String> = one_of.value.iter().map(|one| format!("`{}`", one.name.value)).collect();
    Evidence::at(&one_of.span, format!("none of the alternatives holds: {}", names.join(", ")))
}

fn named(alternative: &Alternative, evidence: Evidence) -> Evidence {
    Evidence { message: format!("not `{}`: {}", alternative.name.value, evidence.message), ..evidence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::testing::judge as judge_alone;
    use crate::judge::testing::{
        awaited, expectation, judged, observed, returned, span, spanned, step, value_at, variables,
    };
    use crate::model::Expectation;
    use crate::observation::{Outcome, Output, OwnDoing, ServerError};

    fn affected(count: u64) -> Expectation {
        Expectation { affected: Some(value_at(&count.to_string(), 5)), ..expectation() }
    }

    fn refused(sqlstate: &str) -> Expectation {
        let state = value_at(&format!("\"{sqlstate}\""), 6);
        Expectation { error: Some(crate::model::AwaitedError { sqlstate: Some(state), ..awaited() }), ..expectation() }
    }

    fn any_error() -> Expectation {
        Expectation {
            error: Some(crate::model::AwaitedError { message: Some(value_at("\"\"", 6)), ..awaited() }),
            ..expectation()
        }
    }

    fn one_of(alternatives: &[(&str, Expectation)]) -> Expectation {
        let alternative = |(name, expect): &(&str, Expectation)| Alternative {
            name: spanned(name.to_string(), 4),
            expect: expect.clone(),
        };
        Expectation { one_of: Some(span(3).of(alternatives.iter().map(alternative).collect())), ..expectation() }
    }

    fn race() -> Expectation {
        one_of(&[("ok", affected(1)), ("victim", refused("40P01"))])
    }

    fn changed(affected: u64) -> Outcome {
        Outcome::Output(Output::Sql { affected, rows: None })
    }

    fn error(sqlstate: &str, own: Option<OwnDoing>) -> Outcome {
        Outcome::Refused(ServerError {
            sqlstate: Some(sqlstate.into()),
            message: "no".into(),
            own,
            ..ServerError::default()
        })
    }

    #[test]
    fn each_alternative_is_enough_and_nothing_else_is() {
        assert_eq!(judged(race(), changed(1)), []);
        assert_eq!(judged(race(), error("40P01", None)), []);
        for other in [changed(0), error("40001", None)] {
            let messages: Vec<String> = judged(race(), other).into_iter().map(|evidence| evidence.message).collect();
            assert_eq!(messages[0], "none of the alternatives holds: `ok`, `victim`");
            assert!(messages[1].starts_with("not `ok`: ") && messages[2].starts_with("not `victim`: "), "{messages:?}");
        }
    }

    #[test]
    fn an_alternative_holds_whole_or_not_at_all() {
        let wanted = one_of(&[
            ("a", Expectation { value: Some(value_at("1", 5)), ..affected(2) }),
            ("b", Expectation { value: Some(value_at("2", 5)), ..affected(1) }),
        ]);
        assert_eq!(judged(wanted, returned(&["n:int4"], &[&["1"]]).outcome).len(), 3);
    }

    #[test]
    fn an_empty_alternative_is_mere_success() {
        let wanted = one_of(&[("ok", expectation()), ("conflict", refused("40001"))]);
        assert_eq!(judged(wanted.clone(), changed(7)), []);
        assert_eq!(judged(wanted, error("23505", None)).len(), 3);
    }

    #[test]
    fn polyspecs_own_doing_meets_only_the_alternative_that_names_it() {
        let lost = || error("08006", Some(OwnDoing::Disconnected));
        let vague = judged(one_of(&[("ok", affected(1)), ("error", any_error())]), lost());
        assert!(vague.iter().any(|evidence| evidence.unusable), "{vague:?}");
        assert_eq!(judged(one_of(&[("error", any_error()), ("lost", refused("08"))]), lost()), []);
        let cancelled =
            judged(one_of(&[("ok", affected(1)), ("error", any_error())]), error("57014", Some(OwnDoing::Cancelled)));
        assert!(cancelled.iter().any(|evidence| evidence.unusable), "{cancelled:?}");
    }

    #[test]
    fn one_alternative_holds_on_all_nodes() {
        let step = step(Some(one_of(&[("one", affected(1)), ("two", affected(2))])));
        let judged = |counts: [u64; 2]| judge_alone(&step, &counts.map(|count| observed(changed(count))), &variables());
        assert_eq!((judged([1, 1]).len(), judged([2, 2]).len()), (0, 0));
        assert_eq!(judged([1, 2]).len(), 3);
    }

    #[test]
    fn the_alternatives_of_a_step_are_steps_with_their_names() {
        let names: Vec<String> = alternatives(&step(Some(race()))).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ok", "victim"]);
        assert!(alternatives(&step(Some(affected(1)))).is_empty());
    }
}
