//! One piece of evidence as people read it: the place with the lines around and a caret, the node and the code, what was
//! expected and what came, and the difference.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::visible::{clip, visible, visible_lines};
use super::{Look, render_diff};
use crate::verdict::{Evidence, Place};

/// Lines of a text that are shown when not everything is asked for.
const SHORT: usize = 30;
/// Characters of a line that are shown at most, outside of differences.
const LINE: usize = 2_000;

/// The evidence as text that ends in a line feed. `word` is what stands before the message: `fail`, `error`.
pub fn render_evidence(evidence: &Evidence, word: &str, look: &Look) -> String {
    let mut out = head(evidence, word, look);
    out.push('\n');
    let mut more: String = sides(evidence).map(|(label, text)| side(label, text, look)).collect();
    more.extend(evidence.diff.iter().map(|diff| render_diff(diff, look)));
    if !more.is_empty() {
        out.push('\n');
    }
    out + &more
}

/// What was expected and what came; nothing where a difference shows both already.
fn sides(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &str)> {
    let sides = [("expected", &evidence.expected), ("actual", &evidence.actual)];
    let shown = evidence.diff.is_none();
    sides.into_iter().filter(move |_| shown).filter_map(|(label, text)| Some((label, text.as_deref()?)))
}

fn side(label: &str, text: &str, look: &Look) -> String {
    let text = shorten(&visible_lines(text), look);
    match text.contains('\n') {
        true => format!("  {label}:\n{}", text.lines().map(|line| format!("      {line}\n")).collect::<String>()),
        false => format!("  {label:>8}: {text}\n"),
    }
}

fn shorten(text: &str, look: &Look) -> String {
    let total = text.lines().count();
    let limit = if look.verbose || total <= SHORT + 1 { total } else { SHORT };
    let mut lines: Vec<_> = text.lines().take(limit).map(|line| clip(line, LINE).into_owned()).collect();
    if limit < total {
        lines.push(format!("… {} more lines", total - limit));
    }
    lines.join("\n")
}

/// The message, the place, and the small facts, in the form of rustc's messages.
fn head(evidence: &Evidence, word: &str, look: &Look) -> String {
    let message = shorten(&visible_lines(&evidence.message), look);
    let facts = facts(evidence, look);
    let place = evidence.place.as_ref().map(Shown::of);
    let mut group = Group::with_title(Level::ERROR.with_name(word).primary_title(message));
    if let Some(place) = &place {
        group = group.element(place.snippet());
    }
    for (name, text) in &facts {
        group = group.element(Level::NOTE.with_name(*name).message(text));
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(look.width.max(40)).render(&[group])
}

fn facts<'a>(evidence: &Evidence, look: &Look) -> Vec<(&'a str, String)> {
    let node = evidence.node.iter().map(|node| ("node", node));
    let code = evidence.code.iter().map(|code| ("code", code));
    let notes = evidence.notes.iter().map(|note| ("note", note));
    node.chain(code).chain(notes).map(|(name, text)| (name, shorten(&visible_lines(text), look))).collect()
}

/// A place made ready to be drawn.
struct Shown {
    path: String,
    first_line: usize,
    text: String,
    start: usize,
    end: usize,
}

impl Shown {
    fn of(place: &Place) -> Self {
        let lines: Vec<_> = place.excerpt.iter().map(|(_, text)| visible_tabs(text)).collect();
        let at = place.excerpt.iter().position(|(number, _)| *number == place.line);
        let (text, start, end, path) = match at {
            Some(index) => {
                let before: usize = lines[..index].iter().map(|line| line.len() + 1).sum();
                let start = before + byte_of(&lines[index], place.column.saturating_sub(1));
                let last = place.column.saturating_sub(1).saturating_add(place.width.max(1));
                (lines.join("\n"), start, before + byte_of(&lines[index], last), visible(&place.file).into_owned())
            }
            None => (String::new(), 0, 0, format!("{}:{}:{}", visible(&place.file), place.line, place.column)),
        };
        let first_line = place.excerpt.first().map_or(1, |(number, _)| *number);
        Self { path, first_line, text, start, end }
    }

    fn snippet(&self) -> annotate_snippets::Element<'_> {
        if self.text.is_empty() {
            return annotate_snippets::Origin::path(self.path.as_str()).into();
        }
        let annotation = AnnotationKind::Primary.span(self.start..self.end);
        let snippet = Snippet::source(self.text.as_str()).path(self.path.as_str()).line_start(self.first_line);
        snippet.fold(false).annotation(annotation).into()
    }
}

/// A line of a file; its tabs stay, because the renderer widens them itself.
fn visible_tabs(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

fn byte_of(line: &str, character: usize) -> usize {
    line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            file: "a.yaml".into(),
            line: 2,
            column: 3,
            width: 4,
            excerpt: vec![(1, "x".into()), (2, "\tabcdef".into())],
        }
    }

    #[test]
    fn a_caret_stands_under_the_span_after_a_tab() {
        let evidence = Evidence { message: "no".into(), place: Some(place()), ..Evidence::default() };
        let shown = render_evidence(&evidence, "fail", &Look::plain(80));
        assert_eq!(shown, "fail: no\n --> a.yaml:2:3\n  |\n1 | x\n2 |     abcdef\n  |      ^^^^\n");
    }

    #[test]
    fn a_place_without_an_excerpt_is_named_all_the_same() {
        let place = Place { excerpt: vec![], ..place() };
        let evidence = Evidence { message: "no".into(), place: Some(place), ..Evidence::default() };
        let shown = render_evidence(&evidence, "error", &Look::plain(80));
        assert_eq!(shown, "error: no\n--> a.yaml:2:3\n");
    }

    #[test]
    fn a_place_that_lies_outside_of_its_excerpt_does_no_harm() {
        let place = Place { column: usize::MAX, width: usize::MAX, ..place() };
        let evidence = Evidence { message: "no".into(), place: Some(place), ..Evidence::default() };
        assert!(render_evidence(&evidence, "fail", &Look::plain(80)).contains("abcdef"));
    }

    #[test]
    fn a_long_text_is_cut_and_says_so_unless_everything_is_asked_for() {
        let text: String = (0..100).map(|number| format!("{number}\n")).collect();
        let evidence = Evidence { message: "no".into(), actual: Some(text), ..Evidence::default() };
        let shown = render_evidence(&evidence, "fail", &Look::plain(80));
        assert!(shown.ends_with("      29\n      … 70 more lines\n"), "{shown}");
        let look = Look { verbose: true, ..Look::plain(80) };
        assert!(render_evidence(&evidence, "fail", &look).ends_with("      99\n"));
    }
}
