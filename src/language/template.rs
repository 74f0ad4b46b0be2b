//! Text with variables: `${name}`, `${name:ident}`; `$${name}` is a literal `${name}`.

use crate::model::{Template, TemplatePart};
use crate::source::{Diagnostic, Span};

/// Reads the variables of `text`, which was written at `written` (with quotes, indentation, escapes). Malformed ones are
/// returned beside the template.
pub(crate) fn template(text: &str, written: &Span) -> (Template, Vec<Diagnostic>) {
    let mut reader =
        Reader { text, places: places(text, written), parts: vec![], literal: String::new(), faults: vec![] };
    reader.read(written);
    reader.flush();
    (Template { parts: reader.parts, span: written.clone() }, reader.faults)
}

struct Reader<'a> {
    text: &'a str,
    places: Vec<usize>,
    parts: Vec<TemplatePart>,
    literal: String,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self, written: &Span) {
        let mut at = 0;
        for (occurrence, (open, _)) in self.text.match_indices("${").enumerate() {
            if open < at {
                continue;
            }
            self.literal.push_str(&self.text[at..open]);
            let doubled = self.text[at..open].ends_with('$');
            at = if doubled && !self.is_variable(open) {
                // `$$` that opens a string of SQL, before a brace.
                self.literal.push_str("${");
                open + 2
            } else if doubled {
                self.literal.pop();
                self.literal.push_str("${");
                open + 2
            } else {
                self.variable(open, occurrence, written)
            };
        }
        self.literal.push_str(&self.text[at..]);
    }

    fn is_variable(&self, open: usize) -> bool {
        let inside = &self.text[open + 2..];
        inside.split_once('}').is_some_and(|(inside, _)| parse(inside).is_ok())
    }

    /// Reads the variable that opens at `open`; returns where it ends.
    fn variable(&mut self, open: usize, occurrence: usize, written: &Span) -> usize {
        let Some(length) = self.text[open..].find('}') else {
            let span = self.place(occurrence, &self.text[open..open + 2], written);
            self.faults.push(malformed(&span, "`${` without a `}`"));
            return self.text.len();
        };
        let whole = &self.text[open..=open + length];
        let span = self.place(occurrence, whole, written);
        match parse(&whole[2..whole.len() - 1]) {
            Ok((name, identifier)) => {
                self.flush();
                self.parts.push(TemplatePart::Variable { name, identifier, span });
            }
            Err(cause) => self.faults.push(malformed(&span, &cause)),
        }
        open + length + 1
    }

    /// Where the variable was written, if its text is found there as it is.
    fn place(&self, occurrence: usize, whole: &str, written: &Span) -> Span {
        let start = self.places.get(occurrence).copied();
        match start.filter(|start| written.file.text()[*start..].starts_with(whole)) {
            Some(start) => Span::new(&written.file, start, start + whole.len()),
            None => written.clone(),
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(TemplatePart::Literal(std::mem::take(&mut self.literal)));
        }
    }
}

/// The offsets of each `${` in the file, when there are as many in the source as in the text that YAML made of it.
fn places(text: &str, written: &Span) -> Vec<usize> {
    let found: Vec<usize> = written.text().match_indices("${").map(|(at, _)| written.start + at).collect();
    if found.len() == text.matches("${").count() { found } else { vec![] }
}

fn parse(inside: &str) -> Result<(String, bool), String> {
    let (name, form) = match inside.split_once(':') {
        Some((name, form)) => (name, Some(form)),
        None => (inside, None),
    };
    if !is_variable_name(name) {
        return Err(format!("`{name}` is not the name of a variable"));
    }
    match form {
        None => Ok((name.into(), false)),
        Some("ident") => Ok((name.into(), true)),
        Some(form) => Err(format!("`:{form}` is not a form of a variable: only `:ident` is")),
    }
}

/// A letter or `_`, then letters, digits and `_`.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn malformed(span: &Span, cause: &str) -> Diagnostic {
    Diagnostic::error(span, cause)
        .help("a variable is `${name}`, in SQL also `${name:ident}`; for the text `${name}` itself write `$${name}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn shown(text: &str) -> String {
        let file = SourceFile::new("t", text);
        let (template, faults) = template(text, &Span::new(&file, 0, text.len()));
        let parts = template.parts.iter().map(|part| match part {
            TemplatePart::Literal(text) => format!("[{text}]"),
            TemplatePart::Variable { name, identifier, span } => format!("<{name} {identifier} {}>", span.start),
        });
        parts.chain(faults.iter().map(|fault| format!("!{}", fault.message))).collect()
    }

    #[test]
    fn variables_are_found_with_their_places() {
        assert_eq!(shown("ä ${x} ${y:ident}"), "[ä ]<x false 3>[ ]<y true 8>");
    }

    #[test]
    fn a_doubled_dollar_is_a_literal() {
        assert_eq!(shown("a $${x} $b $1"), "[a ${x} $b $1]");
        assert_eq!(shown("SELECT $${\"a\": 1}$$::jsonb, $${$$"), "[SELECT $${\"a\": 1}$$::jsonb, $${$$]");
    }

    #[test]
    fn what_is_malformed_is_named() {
        assert_eq!(shown("${"), "!`${` without a `}`");
        assert_eq!(shown("${a-b}"), "!`a-b` is not the name of a variable");
        assert_eq!(shown("${a:raw}"), "!`:raw` is not a form of a variable: only `:ident` is");
    }
}
