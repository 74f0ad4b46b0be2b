//! Tables for spreadsheets: a line a requirement, and for a course a line a submission.

use std::io;

use super::feedback::points;
use crate::grade::Grading;

/// A line a requirement.
pub(super) fn requirements(grading: &Grading) -> io::Result<String> {
    let mut table = csv::Writer::from_writer(vec![]);
    let header =
        ["submission", "requirement", "title", "points", "earned", "passed", "failed", "not_examined", "not_graded"];
    table.write_record(header)?;
    for each in grading.scorecard.requirements() {
        table.write_record([
            plain(&grading.submission),
            each.id.clone(),
            each.title.clone(),
            points(each.points),
            each.earned.map(points).unwrap_or_default(),
            each.passed.to_string(),
            each.failed.to_string(),
            each.not_examined.to_string(),
            each.not_graded.to_string(),
        ])?;
    }
    text(table)
}

/// A line a submission: its points, those of each part, and how it was graded.
///
/// # Errors
/// It cannot be put into the form.
pub fn course(gradings: &[Grading]) -> io::Result<String> {
    let mut table = csv::Writer::from_writer(vec![]);
    let parts = gradings.first().map(|first| first.scorecard.parts.iter().map(|part| part.part).collect::<Vec<_>>());
    let parts = parts.unwrap_or_default();
    let mut header = vec!["submission".to_string(), "earned".into(), "points".into(), "percent".into()];
    header.extend(parts.iter().map(|part| format!("part {part}")));
    header.push("complete".into());
    table.write_record(&header)?;
    for grading in gradings {
        let card = &grading.scorecard;
        let mut line = vec![plain(&grading.submission), points(card.earned()), points(card.points())];
        line.push(format!("{:.1}", card.percent()));
        line.extend(card.parts.iter().map(|part| points(part.earned)));
        line.push(card.complete.to_string());
        table.write_record(&line)?;
    }
    text(table)
}

/// A line a requirement: how many submissions have it whole, in part, not at all, and the share of its points on average.
///
/// # Errors
/// It cannot be put into the form.
pub fn statistics(gradings: &[Grading]) -> io::Result<String> {
    let mut table = csv::Writer::from_writer(vec![]);
    table.write_record(["requirement", "title", "points", "whole", "in part", "not at all", "average percent"])?;
    for (at, first) in gradings.first().iter().flat_map(|first| first.scorecard.requirements()).enumerate() {
        let each = gradings.iter().filter_map(|grading| grading.scorecard.requirements().nth(at)?.earned);
        let shares: Vec<f64> =
            each.map(|earned| if first.points > 0.0 { earned / first.points } else { 0.0 }).collect();
        let count = |is: &dyn Fn(f64) -> bool| shares.iter().filter(|share| is(**share)).count().to_string();
        let average = if shares.is_empty() { 0.0 } else { 100.0 * shares.iter().sum::<f64>() / shares.len() as f64 };
        table.write_record([
            first.id.clone(),
            first.title.clone(),
            points(first.points),
            count(&|share| share >= 1.0),
            count(&|share| share > 0.0 && share < 1.0),
            count(&|share| share <= 0.0),
            format!("{average:.1}"),
        ])?;
    }
    text(table)
}

fn text(table: csv::Writer<Vec<u8>>) -> io::Result<String> {
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A name that a spreadsheet does not take for a formula.
fn plain(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_string() }
}
