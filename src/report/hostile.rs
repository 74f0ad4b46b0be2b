//! Whatever a submission's database returns, and whatever a recording claims, every report stays well-formed.

use proptest::prelude::*;

use super::snapshots::{json, junit, terminal};
use super::test_events::{end, nothing, stamp};
use super::{TerminalOptions, replay};
use crate::event::{Event, Stamped};
use crate::verdict::{Diff, DiffLine, DiffSide, Evidence, Place, Verdict};

/// Text in which what does harm is frequent.
fn text() -> impl Strategy<Value = String> {
    let harmful = prop::sample::select(vec![
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\0",
        "\u{9b}31m",
        "\u{202e}",
        "\u{ffff}",
        "\r",
        "\n",
        "\t",
        "]]>",
        "<!--",
        "&",
        "愛",
        "e\u{301}",
        "🙂",
    ]);
    prop::collection::vec(prop_oneof![harmful.prop_map(str::to_string), any::<String>()], 0..6)
        .prop_map(|parts| parts.concat())
}

fn place() -> impl Strategy<Value = Place> {
    let number = prop_oneof![0..6usize, any::<usize>()];
    let excerpt = prop::collection::vec((number.clone(), text()), 0..4);
    (text(), number.clone(), number.clone(), number, excerpt).prop_map(|(file, line, column, width, excerpt)| Place {
        file,
        line,
        column,
        width,
        excerpt,
    })
}

fn diff() -> impl Strategy<Value = Diff> {
    let side = prop::sample::select(vec![DiffSide::Same, DiffSide::Missing, DiffSide::Extra, DiffSide::Gap]);
    let number = prop_oneof![0..12usize, any::<usize>()];
    let marks = prop::collection::vec((number.clone(), number), 0..4);
    let line = (side, text(), marks).prop_map(|(side, text, marks)| DiffLine { side, text, marks });
    (prop::option::of(text()), prop::collection::vec(line, 0..5)).prop_map(|(header, lines)| Diff {
        header,
        lines,
        omitted: 1,
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let texts = prop::collection::vec(text(), 5);
    (texts, prop::option::of(place()), prop::option::of(diff())).prop_map(|(texts, place, diff)| Evidence {
        message: texts[0].clone(),
        place,
        node: Some(texts[1].clone()),
        code: Some(texts[2].clone()),
        expected: Some(texts[3].clone()),
        actual: Some(texts[4].clone()),
        diff,
        notes: texts,
        ..Evidence::default()
    })
}

fn events() -> impl Strategy<Value = Vec<Stamped>> {
    (text(), text(), evidence()).prop_map(|(name, title, evidence)| {
        let mut failed = end(&name, &title, &[&title], Verdict::Fail { evidence: vec![evidence] });
        if let Event::ScenarioFinished { pending, kept, .. } = &mut failed {
            pending.push(title.clone());
            kept.push(title.clone());
        }
        let lag = Event::LagMeasured { name: name.clone(), place: title, lag_ms: 1.0 };
        stamp(vec![
            Event::ScenarioStarted { name: name.clone() },
            Event::ServerNotice { message: name.clone() },
            Event::Warning { message: name.clone() },
            Event::CopiesKept { message: name },
            lag,
            failed,
            nothing(),
        ])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_moves_a_cursor_or_breaks_xml_or_gets_lost_in_a_recording(events in events(), width in 0..120usize) {
        let options = TerminalOptions { verbose: true, width, ..TerminalOptions::default() };
        let shown = terminal(&events, options);
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        let xml = junit(&events);
        prop_assert!(quick_junit::Report::deserialize_from_str(&xml).is_ok(), "{xml}");
        let recorded = json(&events);
        prop_assert_eq!(recorded.lines().count(), events.len());
        prop_assert!(replay(recorded.as_bytes(), &mut []).is_ok());
    }
}
