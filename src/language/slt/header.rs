//! The metadata of an `.slt` scenario: comments before the first record.

use std::sync::Arc;
use std::time::Duration;

use crate::language::duration::duration;
use crate::language::sink::Sink;
use crate::language::suggest::nearest;
use crate::language::yaml::{points, read_need};
use crate::model::Need;
use crate::source::{Diagnostic, SourceFile, Span, Spanned};

/// The known words; each means what the key of this name means in YAML.
const WORDS: &[&str] = &["scenario", "requirements", "tags", "needs", "timeout", "system", "points", "hidden", "todo"];

/// The one that must be there.
const TITLE: &str = "scenario";

/// What the header says.
pub(crate) struct Header {
    pub title: Spanned<String>,
    pub requirements: Vec<Spanned<String>>,
    pub tags: Vec<Spanned<String>>,
    pub needs: Vec<Spanned<Need>>,
    pub timeout: Option<Duration>,
    pub system: Option<Spanned<String>>,
    pub points: f64,
    pub hidden: bool,
    pub probe: bool,
    pub todo: Option<String>,
}

/// A line `# word: value`.
struct Line {
    word: Spanned<String>,
    value: Spanned<String>,
}

/// Reads the header; `None` when it has no title.
pub(crate) fn header(file: &Arc<SourceFile>, sink: &mut Sink) -> Option<Header> {
    let lines = lines(file, sink);
    let value = |word: &str| lines.iter().find(|line| line.word.value == word).map(|line| &line.value);
    let list = |word: &str| value(word).map(split).unwrap_or_default();
    let requirements = list("requirements");
    if value(TITLE).is_none_or(|value| value.is_empty()) {
        without_title(file, sink);
    }
    Some(Header {
        requirements,
        tags: list("tags"),
        needs: list("needs").iter().filter_map(|text| read_need(text, sink)).collect(),
        timeout: value("timeout").and_then(|text| time(text, sink)),
        system: value("system").cloned(),
        points: value("points").map_or(1.0, |text| points(text, sink)),
        hidden: value("hidden").is_some_and(|text| truth("hidden", text, sink)),
        probe: value("probe").is_some_and(|text| truth("probe", text, sink)),
        todo: value("todo").map(|text| text.value.clone()),
        title: value("scenario")?.clone(),
    })
}

fn without_title(file: &Arc<SourceFile>, sink: &mut Sink) {
    let error = Diagnostic::error(&Span::of_line(file, 1), format!("a scenario needs a line `# {TITLE}:`"));
    sink.push(error.help("write `# scenario: Prices order as numbers` before the first record"));
}

fn lines(file: &Arc<SourceFile>, sink: &mut Sink) -> Vec<Line> {
    let mut found: Vec<Line> = vec![];
    for number in 1.. {
        let Some(text) = file.line(number) else { break };
        if !(text.starts_with('#') || text.trim().is_empty()) {
            break;
        }
        let Some(line) = line(file, number, text) else { continue };
        if !WORDS.contains(&line.word.as_str()) {
            perhaps(&line.word, sink);
        } else if found.iter().any(|other| other.word.value == line.word.value) {
            sink.error(&line.word.span, format!("`{}` is here twice", line.word.value));
        } else {
            if line.value.is_empty() && line.word.value != TITLE {
                let error = Diagnostic::error(&line.word.span, format!("`{}` is empty", line.word.value));
                sink.push(error.help("write its value behind the colon, or remove the line"));
            }
            found.push(line);
        }
    }
    found
}

/// `# word: value`; any other comment is only a comment.
fn line(file: &Arc<SourceFile>, number: usize, text: &str) -> Option<Line> {
    let colon = text.find(':')?;
    let word = text[1..colon].trim();
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') {
        return None;
    }
    let start = file.line_start(number);
    let part = |from: usize, to: usize| {
        let inside = &text[from..to];
        let lead = inside.len() - inside.trim_start().len();
        let span = Span::new(file, start + from + lead, start + from + lead + inside.trim().len());
        span.of(inside.trim().to_string())
    };
    Some(Line { word: part(1, colon), value: part(colon + 1, text.len()) })
}

/// The word of a line `# word: value`, where it is one of the metadata.
pub(crate) fn metadata(file: &Arc<SourceFile>, number: usize) -> Option<Spanned<String>> {
    let line = line(file, number, file.line(number)?)?;
    (WORDS.contains(&line.word.as_str()) && !line.value.is_empty()).then_some(line.word)
}

fn perhaps(word: &Spanned<String>, sink: &mut Sink) {
    if let Some(near) = nearest(word, WORDS.iter().copied()) {
        let warning = Diagnostic::error(&word.span, format!("`{}` is taken for a mere comment", word.value));
        sink.push(warning.warning().help(format!("did you mean `{near}`?")));
    }
}

/// Items between commas.
fn split(value: &Spanned<String>) -> Vec<Spanned<String>> {
    let mut at = value.span.start;
    let mut items = vec![];
    for item in value.value.split(',') {
        let lead = item.len() - item.trim_start().len();
        let span = Span::new(&value.span.file, at + lead, at + lead + item.trim().len());
        if !item.trim().is_empty() {
            items.push(span.of(item.trim().to_string()));
        }
        at += item.len() + 1;
    }
    items
}

fn time(text: &Spanned<String>, sink: &mut Sink) -> Option<Duration> {
    duration(text)
        .map_err(|cause| {
            let (message, fix) = cause.split_once(": ").unwrap_or((&cause, "write `250ms`, `5s` or `1min`"));
            sink.push(Diagnostic::error(&text.span, message).help(fix));
        })
        .ok()
}

fn truth(word: &str, text: &Spanned<String>, sink: &mut Sink) -> bool {
    if !matches!(text.as_str(), "true" | "false") {
        let error = Diagnostic::error(&text.span, format!("`{word}` is `true` or `false`"));
        sink.push(error.help(format!("write `# {word}: true`, or remove it")));
    }
    text.value == "true"
}
