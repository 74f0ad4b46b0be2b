//! Tags (`!!str 1`, `!a`), which the YAML crate hands over without a word: what is no scalar, no alias and no comment of a
//! file are indicators, anchors and tags (YAML 1.2.2, 6.9 "Node Properties").

use std::sync::Arc;

use super::tree::{Node, NodeKind};
use crate::source::{Diagnostic, SourceFile, Span};

/// The refusal of the first tag in a file.
pub(crate) fn refuse(file: &Arc<SourceFile>, root: &Node) -> Option<Diagnostic> {
    let text = file.text();
    let mut taken = vec![];
    scalars(root, &mut taken);
    taken.sort_unstable();
    let mut from = 0;
    for (start, end) in taken.into_iter().chain([(text.len(), text.len())]) {
        if let Some(tag) = text.get(from..start).and_then(|gap| tag(gap, from == 0 || text[..from].ends_with('\n'))) {
            return Some(refused(&Span::new(file, from + tag.0, from + tag.1)));
        }
        from = from.max(end);
    }
    None
}

/// What is said of a tag.
pub(crate) fn refused(tag: &Span) -> Diagnostic {
    let help = match tag.text() {
        "!!str" => "remove it; a text is put in quotes",
        "!!binary" => {
            "remove it; bytes of MongoDB are written `{ $binary: { base64: \"AQID\", subType: \"00\" } }`, those of PostgreSQL `\"\\\\x0102\"`"
        }
        _ => "remove it; put text that begins with `!` in quotes",
    };
    Diagnostic::error(tag, "a tag of YAML means nothing here").help(help)
}

/// Where scalars and keys were written, by bytes.
fn scalars(node: &Node, found: &mut Vec<(usize, usize)>) {
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().for_each(|item| scalars(item, found)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                found.push((entry.key.span.start, entry.key.span.end));
                scalars(&entry.value, found);
            }
        }
        _ => found.push((node.written.start, node.written.end)),
    }
}

/// The first tag in a stretch without scalars. A comment begins at a `#` behind a space or at the beginning of a line.
fn tag(gap: &str, begins_a_line: bool) -> Option<(usize, usize)> {
    let mut before = if begins_a_line { '\n' } else { '"' };
    let mut in_comment = false;
    for (at, character) in gap.char_indices() {
        match character {
            '\n' => in_comment = false,
            '#' if before.is_whitespace() => in_comment = true,
            '!' if !in_comment && (before.is_whitespace() || "[{,".contains(before)) => {
                let length = gap[at..].find(|c: char| c.is_whitespace() || "[]{},".contains(c));
                return Some((at, length.map_or(gap.len(), |length| at + length)));
            }
            _ => {}
        }
        before = character;
    }
    None
}
