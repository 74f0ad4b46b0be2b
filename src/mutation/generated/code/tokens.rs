//! Code of a database as its parts: tokens that mean something, operators whole, each with its depth in brackets.

use std::ops::Range;

use crate::language::sql::{TokenKind, tokens};

/// Characters of operators (manual, 4.1.3).
const OPERATOR: &str = "+-*/<>=~!@#%^&|`?:";

/// A part of a text.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// In how many brackets it is; of a bracket itself, outside of it.
    pub depth: usize,
    /// A word in upper case, anything else as it is written.
    pub text: String,
}

/// A stretch of a text and its parts.
pub(super) struct Code<'t> {
    /// The whole text.
    pub text: &'t str,
    /// The stretch.
    pub within: Range<usize>,
    /// Its parts; places are those of the whole text.
    pub parts: Vec<Part>,
}

impl<'t> Code<'t> {
    /// Reads a stretch of a text.
    pub fn read(text: &'t str, within: Range<usize>) -> Self {
        let mut parts: Vec<Part> = vec![];
        let mut depth = 0usize;
        for token in tokens(&text[within.clone()]) {
            let range = token.range.start + within.start..token.range.end + within.start;
            let word = &text[range.clone()];
            match token.kind {
                TokenKind::Space | TokenKind::Comment => continue,
                TokenKind::Symbol if joins(parts.last(), &range, word) => {
                    if let Some(last) = parts.last_mut() {
                        last.range.end = range.end;
                        last.text.push_str(word);
                    }
                    continue;
                }
                TokenKind::Symbol if matches!(word, ")" | "]") => depth = depth.saturating_sub(1),
                _ => {}
            }
            let shown = if token.kind == TokenKind::Word { word.to_ascii_uppercase() } else { word.to_string() };
            parts.push(Part { range, kind: token.kind, depth, text: shown });
            depth += usize::from(matches!(word, "(" | "[") && token.kind == TokenKind::Symbol);
        }
        Self { text, within, parts }
    }

    /// The text of a part, if there is one; of a word in upper case.
    pub fn at(&self, at: usize) -> &str {
        self.parts.get(at).map_or("", |part| part.text.as_str())
    }

    /// The part before, likewise.
    pub fn before(&self, at: usize) -> &str {
        if at == 0 { "" } else { self.at(at - 1) }
    }

    /// The line of a part in the stretch, from 1.
    pub fn line(&self, at: usize) -> usize {
        let end = self.parts.get(at).map_or(self.within.end, |part| part.range.start);
        1 + self.text[self.within.start..end].trim_start_matches('\n').matches('\n').count()
    }

    /// The bytes from one part to another, both included.
    pub fn bytes(&self, from: usize, to: usize) -> Range<usize> {
        self.parts[from].range.start..self.parts[to].range.end
    }

    /// The whole text with other words in places, which are in order.
    pub fn with(&self, places: &[(Range<usize>, &str)]) -> String {
        let mut text = String::new();
        let mut at = 0;
        for (range, other) in places {
            text.push_str(&self.text[at..range.start]);
            text.push_str(other);
            at = range.end;
        }
        text + &self.text[at..]
    }

    /// The first part from `from` on, in the same brackets, that is one of these words, or the end of the brackets.
    pub fn next(&self, from: usize, words: &[&str]) -> usize {
        let depth = self.parts.get(from).map_or(0, |part| part.depth);
        let ends = |part: &Part| part.depth < depth || (part.depth == depth && words.contains(&part.text.as_str()));
        self.parts[from..].iter().position(ends).map_or(self.parts.len(), |at| from + at)
    }
}

/// Whether a symbol goes on with the operator before it.
fn joins(last: Option<&Part>, range: &Range<usize>, word: &str) -> bool {
    last.is_some_and(|last| {
        last.kind == TokenKind::Symbol
            && last.range.end == range.start
            && OPERATOR.contains(word)
            && last.text.chars().all(|c| OPERATOR.contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, usize)> {
        Code::read(text, 0..text.len()).parts.into_iter().map(|part| (part.text, part.depth)).collect()
    }

    #[test]
    fn operators_are_whole_and_brackets_have_depths() {
        let found = parts("a >= f(b[1])::int -- x\n <> 'c'");
        let expected = [
            ("A", 0),
            (">=", 0),
            ("F", 0),
            ("(", 0),
            ("B", 1),
            ("[", 1),
            ("1", 2),
            ("]", 1),
            (")", 0),
            ("::", 0),
            ("INT", 0),
            ("<>", 0),
            ("'c'", 0),
        ];
        assert_eq!(found, expected.map(|(text, depth)| (text.to_string(), depth)));
    }

    #[test]
    fn a_clause_ends_with_a_word_or_with_its_brackets() {
        let code = Code::read("(WHERE a IN (ORDER) ORDER b) c", 0..30);
        assert_eq!(code.at(code.next(2, &["ORDER"])), "ORDER");
        assert_eq!(code.next(2, &["ORDER"]), 7);
        assert_eq!(code.at(code.next(2, &["LIMIT"])), ")");
    }

    #[test]
    fn lines_are_counted_in_the_stretch() {
        let text = "AS $$\nBEGIN\n  x;\nEND$$";
        let code = Code::read(text, 5..text.len() - 2);
        assert_eq!((0..3).map(|at| code.line(at)).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!(code.with(&[(code.bytes(1, 1), "y")]), "AS $$\nBEGIN\n  y;\nEND$$");
    }
}
