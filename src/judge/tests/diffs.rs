//! Differences: what is shown, what is marked, what is left out.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::judge::diff::{diff_lines, diff_rows, diff_unordered};
use crate::verdict::{Diff, DiffSide};

fn table(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|cell| cell.to_string()).collect()).collect()
}

fn shown(diff: &Diff) -> Vec<String> {
    let sign = |side| match side {
        DiffSide::Same => ' ',
        DiffSide::Missing => '-',
        DiffSide::Extra => '+',
        DiffSide::Gap => '~',
    };
    diff.lines.iter().map(|line| format!("{}{}", sign(line.side), line.text)).collect()
}

#[test]
fn a_changed_cell_is_marked_on_both_sides_and_columns_are_aligned() {
    let header = ["id".to_string(), "name".to_string(), "n".to_string()];
    let diff = diff_rows(
        Some(&header),
        &table(&[&["1", "Aiko", "7"], &["2", "Bo", "8"]]),
        &table(&[&["1", "Aiko", "7"], &["2", "Bruno", "8"]]),
    );
    assert_eq!(diff.header.as_deref(), Some("id | name  | n"));
    assert_eq!(shown(&diff), [" 1  | Aiko  | 7", "-2  | Bo    | 8", "+2  | Bruno | 8"]);
    assert_eq!((&diff.lines[1].marks, &diff.lines[2].marks), (&vec![(5, 7)], &vec![(5, 10)]));
}

#[test]
fn marks_count_characters_and_not_bytes() {
    let diff = diff_rows(None, &table(&[&["äöü", "ß"]]), &table(&[&["äöü", "s"]]));
    assert_eq!(diff.lines[0].marks, [(6, 7)]);
}

#[test]
fn a_row_that_is_missing_stands_where_it_should_be() {
    let diff = diff_rows(None, &table(&[&["1"], &["2"], &["3"]]), &table(&[&["1"], &["3"]]));
    assert_eq!(shown(&diff), [" 1", "-2", " 3"]);
}

#[test]
fn rows_that_resemble_each_other_are_paired() {
    let expected = table(&[&["1", "a", "x"], &["2", "b", "y"]]);
    let actual = table(&[&["0", "q", "w"], &["1", "a", "z"], &["2", "c", "y"]]);
    let diff = diff_rows(None, &expected, &actual);
    assert_eq!(shown(&diff), ["+0 | q | w", "-1 | a | x", "+1 | a | z", "-2 | b | y", "+2 | c | y"]);
}

#[test]
fn equal_rows_far_from_a_change_are_folded() {
    let expected: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let mut actual = expected.clone();
    actual[15] = "x".into();
    let text = shown(&diff_lines(&expected, &actual));
    assert_eq!(text, ["~12 equal lines", " 12", " 13", " 14", "-15", "+x", " 16", " 17", " 18", "~11 equal lines"]);
}

#[test]
fn a_single_equal_row_is_shown_and_not_folded() {
    let lines = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
    let text = shown(&diff_lines(&lines("a 1 2 3 4 5 6 7 b"), &lines("x 1 2 3 4 5 6 7 y")));
    assert_eq!(text, ["-a", "+x", " 1", " 2", " 3", " 4", " 5", " 6", " 7", "-b", "+y"]);
    let text = shown(&diff_lines(&lines("a 1 2 3 4 5 6 7 8 b"), &lines("x 1 2 3 4 5 6 7 8 y")));
    assert_eq!(text[5], "~2 equal lines");
}

#[test]
fn no_more_than_a_screen_is_shown_and_the_rest_is_counted() {
    let expected: Vec<String> = (0..100).map(|n| format!("a{n}")).collect();
    let actual: Vec<String> = (0..100).map(|n| format!("b{n}")).collect();
    let diff = diff_lines(&expected, &actual);
    assert_eq!((diff.lines.len(), diff.omitted), (40, 160));
}

#[test]
fn only_the_words_of_a_line_that_changed_are_marked() {
    let diff = diff_lines(&[r#"{"a":1,"b":20}"#.into()], &[r#"{"a":1,"b":21}"#.into()]);
    assert_eq!(diff.lines[0].marks, [(11, 13)]);
}

#[test]
fn lists_without_an_order_show_what_found_no_partner() {
    let diff = diff_unordered(None, 5, &table(&[&["1", "a"]]), &table(&[&["9", "z"], &["1", "b"]]));
    assert_eq!(shown(&diff), ["~5 equal lines", "-1 | a", "+1 | b", "+9 | z"]);
}

#[test]
fn a_hundred_thousand_rows_are_compared_soon() {
    let expected: Vec<Vec<String>> = (0..100_000).map(|n| vec![n.to_string(), "x".into()]).collect();
    let shuffled: Vec<Vec<String>> =
        (0..100_000u64).map(|n| vec![(n * 7919 % 100_003).to_string(), "y".into()]).collect();
    let started = Instant::now();
    assert!(diff_rows(None, &expected, &shuffled).omitted > 100_000);
    assert!(diff_rows(None, &expected[1..], &expected).lines.len() < 10);
    // A table of all pairs would take minutes; this is a bound on the growth, not a measure of the machine.
    assert!(started.elapsed() < Duration::from_secs(60));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equal_lists_have_no_difference(rows in proptest::collection::vec(proptest::collection::vec("[a-z \\\\|ä]{0,6}", 0..4), 0..50)) {
        prop_assert_eq!(diff_rows(None, &rows, &rows), Diff::default());
    }

    #[test]
    fn lists_that_differ_have_a_difference_with_every_change_in_it_or_counted(
        a in proptest::collection::vec("[a-c]{0,2}", 0..60), b in proptest::collection::vec("[a-c]{0,2}", 0..60),
    ) {
        let diff = diff_lines(&a, &b);
        let count = |side| diff.lines.iter().filter(|line| line.side == side).count();
        prop_assert_eq!(a == b, diff == Diff::default());
        if diff.omitted == 0 && a != b {
            prop_assert_eq!(a.len() + count(DiffSide::Extra), b.len() + count(DiffSide::Missing));
        }
        prop_assert!(diff.lines.len() <= 40);
    }

    #[test]
    fn marks_lie_inside_their_line(a in proptest::collection::vec(any::<String>(), 1..4), b in proptest::collection::vec(any::<String>(), 1..4)) {
        for line in diff_rows(None, &[a], &[b]).lines {
            let length = line.text.chars().count();
            prop_assert!(line.marks.iter().all(|(start, end)| start <= end && *end <= length));
        }
    }
}
