//! Reports of one graded submission.

use super::*;
use crate::grade::{Examination, Finding, Outcome, PartScore, RequirementScore, Scorecard};

fn grading() -> Grading {
    let finding = Finding {
        message: "expected 1 row, got 0 rows".into(),
        place: Some("scenarios/a.yaml:7".into()),
        excerpt: vec!["  - sql: SELECT 'secret'".into()],
        observed: Some("```\n<script>".into()),
        ..Finding::default()
    };
    let examination = |name: &str, hidden, outcome, findings| Examination {
        name: name.into(),
        title: format!("{name} holds"),
        requirements: vec!["P1.1".into()],
        weight: 1.0,
        hidden,
        outcome,
        findings,
        seconds: 0.1,
    };
    let examined = vec![
        examination("passes.yaml", false, Outcome::Passed, vec![]),
        examination("fails.yaml", false, Outcome::Failed, vec![finding.clone()]),
        examination("fails_alike.yaml", false, Outcome::Failed, vec![finding.clone()]),
        examination(
            "hidden.yaml",
            true,
            Outcome::Failed,
            vec![Finding { message: "hidden data 42".into(), ..finding }],
        ),
    ];
    let requirement = RequirementScore {
        id: "P1.1".into(),
        title: "customers".into(),
        points: 2.0,
        earned: Some(0.5),
        passed: 1,
        failed: 3,
        not_examined: 0,
        not_graded: 0,
        because: vec![],
    };
    let part =
        PartScore { part: 1, title: "Schema".into(), points: 10.0, earned: 2.5, requirements: vec![requirement] };
    let scorecard = Scorecard { parts: vec![part], complete: true };
    Grading { scorecard, ..Grading::new("=ada", examined) }
}

fn rendered(kind: Kind) -> String {
    kind.render(&grading()).expect("rendered")
}

#[test]
fn students_see_of_a_hidden_scenario_its_title_and_its_outcome_only() {
    for kind in [Kind::Gradescope, Kind::Classroom, Kind::Markdown] {
        let text = rendered(kind);
        assert!(text.contains("hidden.yaml holds"), "{kind:?}: {text}");
        assert!(!text.contains("hidden data 42"), "{kind:?}: {text}");
    }
    for kind in [Kind::Json, Kind::JUnit] {
        assert!(rendered(kind).contains("hidden data 42"), "{kind:?}");
    }
}

#[test]
fn gradescope_gets_the_points_of_the_part() {
    let report: serde_json::Value = serde_json::from_str(&rendered(Kind::Gradescope)).expect("JSON");
    assert_eq!(report["score"], 2.5);
    let test = &report["tests"][0];
    assert_eq!((test["score"].as_f64(), test["max_score"].as_f64()), (Some(2.5), Some(10.0)));
    assert_eq!(test["status"], "failed");
}

#[test]
fn nothing_of_a_submission_is_markup_or_a_formula() {
    let text = rendered(Kind::Markdown);
    assert!(text.contains("````text\n"), "the fence is longer than any in the text: {text}");
    assert!(rendered(Kind::Csv).contains("'=ada,P1.1"));
    assert!(course(&[grading()]).expect("a table").contains("'=ada,2.5,10,25.0,2.5,true"));
}

#[test]
fn the_scorecard_shows_each_cause_once_with_its_runs() {
    let text = scorecard(&grading());
    assert_eq!(text.matches("expected 1 row, got 0 rows").count(), 1, "{text}");
    assert!(text.contains("fails.yaml, fails_alike.yaml"), "{text}");
    assert!(text.ends_with("=ada: 2.5 of 10 points (25.0 %) in 0.0 s"), "{text}");
}
