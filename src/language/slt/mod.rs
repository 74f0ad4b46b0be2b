//! `.slt` scenarios: header comments, then the dialect of the `sqllogictest` crate, whose parser reads the records.

mod directive;
mod fault;
mod header;
mod layout;
mod lint;
mod records;
mod rewrite;

use std::sync::Arc;

pub use rewrite::{SltEdit, SltSays, slt_rewritten, slt_rows};

use sqllogictest::Record;

use self::records::Read;
use super::Parsed;
use super::sink::Sink;
use crate::model::{Body, Format, Scenario, SltRecord, SltScript};
use crate::source::{Diagnostic, SourceFile, Span};

/// Reads an `.slt` scenario.
pub(crate) fn scenario(file: &Arc<SourceFile>, path: &str, read: Read) -> Result<Parsed<Scenario>, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let header = header::header(file, &mut sink);
    let records = records::Reader::new(read, &mut sink).file(file);
    if sink.is_clean() && !records.iter().any(checks) {
        let place = Span::of_line(file, 1);
        let error = Diagnostic::error(&place, "this scenario checks nothing: it has no `statement` and no `query`");
        sink.push(error.help("add a record such as `query I`, its SQL, `----` and the rows"));
    }
    let scenario = header.map(|header| Scenario {
        path: path.into(),
        format: Format::Slt,
        span: header.title.span.clone(),
        title: header.title,
        requirements: header.requirements,
        design: None,
        tags: header.tags,
        points: header.points,
        hidden: header.hidden,
        probe: header.probe,
        system: header.system,
        needs: header.needs,
        vars: vec![],
        cases: vec![],
        timeout: header.timeout,
        todo: header.todo,
        body: Body::Slt(SltScript { records }),
    });
    sink.finish(scenario)
}

fn checks(record: &SltRecord) -> bool {
    matches!(record.record, Record::Statement { .. } | Record::Query { .. })
}

/// How many records the layout finds, for the test that holds it against the crate's parser.
#[cfg(test)]
pub(crate) fn layout_of(text: &str) -> usize {
    layout::layout(text).len()
}
