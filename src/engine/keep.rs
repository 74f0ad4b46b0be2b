//! What of a step's result somebody can use, derived from the step alone.

use crate::judge;
use crate::model::{Expectation, Step};
use crate::observation::Keep;

/// What of the result of `step` its expectation, its golden, its variables or a message about them can use.
pub(super) fn of(step: &Step) -> Keep {
    // What a step that waits must return is said by its `await`.
    if step.golden.is_some() || step.blocks.is_some() {
        return Keep::All;
    }
    let saved = step.save.iter().map(|(_, path)| for_path(&path.value));
    saved.chain(step.expect.iter().flat_map(Expectation::each).map(for_expectation)).fold(Keep::Count, Keep::and)
}

fn for_expectation(expect: &Expectation) -> Keep {
    let listed = expect.rows.as_ref().is_some_and(|rows| rows.listed.is_some())
        || expect.documents.as_ref().is_some_and(|documents| documents.listed.is_some());
    if expect.agree.is_some() || expect.recorded.is_some() || listed {
        return Keep::All;
    }
    let lists = [
        expect.rows.as_ref().map(|rows| rows.rows.len() as u64),
        expect.documents.as_ref().map(|documents| documents.documents.len() as u64),
        expect.value.as_ref().map(|_| 1),
        expect.empty.as_ref().map(|_| 0),
    ];
    lists.into_iter().flatten().map(Keep::First).fold(Keep::Count, Keep::and)
}

/// The paths of `save`: those of parts of one entry need the entries up to it.
fn for_path(path: &str) -> Keep {
    let up_to = |text: &str| text.split('.').next().and_then(|number| number.parse::<u64>().ok());
    match path {
        "count" | "affected" | judge::ONE_OF => Keep::Count,
        "rows" | "documents" => Keep::All,
        _ => {
            let entry = path.strip_prefix("rows.").or_else(|| path.strip_prefix("documents.")).unwrap_or(path);
            Keep::First(up_to(entry).map_or(1, |number| number.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Recorded};
    use crate::source::SourceFile;

    fn step(rest: &str) -> Step {
        let text = format!(
            "scenario: t\nrequirements: [R1]\nsteps:\n  - mongo: {{ find: t }}\n{rest}\n  - mongo: {{ find: u }}\n    expect: {{ empty: true }}\n"
        );
        let file = SourceFile::new("t.yaml", &text);
        let scenario = crate::language::scenario(&file, "t.yaml", &|_| unreachable!("it includes nothing"));
        let scenario = scenario.expect("the scenario is right").value;
        let Body::Steps { steps, .. } = &scenario.body else { unreachable!("it is YAML") };
        steps[0].clone()
    }

    fn kept(rest: &str) -> Keep {
        of(&step(rest))
    }

    #[test]
    fn what_nothing_looks_at_is_counted() {
        assert_eq!(kept(""), Keep::Count);
        assert_eq!(kept("    save: { n: count }"), Keep::Count);
        assert_eq!(kept("    expect: { error: { code: 1 } }"), Keep::Count);
    }

    #[test]
    fn as_many_as_are_expected_are_needed() {
        assert_eq!(kept("    expect: { documents: [{ a: 1 }, { a: 2 }] }"), Keep::First(2));
        assert_eq!(kept("    expect: { documents_unordered: [{ a: 1 }] }"), Keep::First(1));
        assert_eq!(kept("    expect: { empty: true }"), Keep::First(0));
    }

    #[test]
    fn what_any_alternative_looks_at_is_needed_and_nothing_more() {
        let of = |two: &str| {
            kept(&format!(
                "    expect: {{ one_of: {{ a: {{ error: {{ code: 1 }} }}, b: {two} }} }}\n    save: {{ a: one_of }}"
            ))
        };
        assert_eq!(of("{ error: { code: 2 } }"), Keep::Count);
        assert_eq!(of("{ documents: [{ a: 1 }, { a: 2 }] }"), Keep::First(2));
    }

    #[test]
    fn what_is_saved_needs_the_entries_up_to_it() {
        assert_eq!(kept("    save: { a: _id }"), Keep::First(1));
        assert_eq!(kept("    save: { a: documents.7._id, b: documents.2 }"), Keep::First(8));
        assert_eq!(kept("    save: { a: documents }"), Keep::All);
        assert_eq!(
            (for_path("rows.3.name"), for_path("3.name"), for_path("value")),
            (Keep::First(4), Keep::First(4), Keep::First(1))
        );
    }

    #[test]
    fn what_is_compared_as_a_whole_is_kept_as_a_whole() {
        assert_eq!(kept("    golden: all"), Keep::All);
        assert_eq!(kept("    on: [mongo.m1, mongo.m2]\n    expect: { agree: true, empty: true }"), Keep::All);
        let mut recorded = step("    expect: { empty: false }");
        let span = recorded.span.clone();
        recorded.expect.as_mut().expect("it was written").recorded = Some(span.of(Recorded::Once));
        assert_eq!(of(&recorded), Keep::All);
    }
}
