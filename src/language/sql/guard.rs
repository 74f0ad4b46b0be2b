//! Keeps values out of raw SQL: a variable may stand only where a quoted literal or identifier is one token by itself.

use super::scan::{Token, TokenKind, is_word_part, tokens};
use crate::model::{Template, TemplatePart};
use crate::source::{Diagnostic, Span};

/// Stands for a variable while the text is scanned: a private-use character, which SQL has no meaning for.
const MARK: char = '\u{F8FF}';

/// Says what is wrong with the place of each variable of an SQL template.
pub(crate) fn check_variables(template: &Template) -> Vec<Diagnostic> {
    let mut marked = String::new();
    let mut variables = vec![];
    for part in &template.parts {
        match part {
            TemplatePart::Literal(text) => marked.push_str(&text.replace(MARK, "?")),
            TemplatePart::Variable { name, span, identifier } => {
                variables.push((marked.len(), name.as_str(), *identifier, span));
                marked.push(MARK);
            }
        }
    }
    let tokens = if variables.is_empty() { vec![] } else { tokens(&marked) };
    variables
        .into_iter()
        .filter_map(|(at, name, identifier, span)| match wrapped_in(&tokens, at) {
            Some(inside) => Some(wrapped(inside, name, span)),
            None => touches(&marked, at, identifier).then(|| touching(name, span)),
        })
        .collect()
}

fn wrapped(inside: &str, name: &str, span: &Span) -> Diagnostic {
    Diagnostic::error(span, format!("`${{{name}}}` is inside {inside}"))
        .label(format!("inside {inside}"))
        .help(format!("`${{{name}}}` brings its own quotes; remove those around it"))
}

fn touching(name: &str, span: &Span) -> Diagnostic {
    Diagnostic::error(span, format!("`${{{name}}}` touches the word or the quotes beside it"))
        .label("needs space around it")
        .help("a variable is one whole literal: join texts with `||`, or build the whole text in `vars`")
}

/// Whether the value would become one token with its neighbour: `E${x}`, `'a'${x}`, `1.${x}`, `U&${x}`.
fn touches(marked: &str, at: usize, identifier: bool) -> bool {
    let sticks = |c: char| is_word_part(c) || c == '\'' || c == '"' || (c == '.' && !identifier);
    let before = marked[..at].chars().next_back();
    let after = marked[at + MARK.len_utf8()..].chars().next();
    let unicode = marked[..at].strip_suffix('&').is_some_and(|rest| rest.ends_with(['u', 'U']));
    before.is_some_and(sticks) || after.is_some_and(sticks) || unicode
}

fn wrapped_in(tokens: &[Token], at: usize) -> Option<&'static str> {
    let token = &tokens[tokens.partition_point(|token| token.range.end <= at).min(tokens.len().checked_sub(1)?)];
    match token.kind {
        TokenKind::Quoted => Some("quotes"),
        TokenKind::QuotedIdentifier => Some("a quoted identifier"),
        TokenKind::DollarQuoted => Some("a dollar-quoted string"),
        TokenKind::Comment => Some("a comment"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn complaints(before: &str, after: &str) -> usize {
        let span = Span::new(&SourceFile::new("t", ""), 0, 0);
        let variable = TemplatePart::Variable { name: "x".into(), identifier: false, span: span.clone() };
        let parts = vec![TemplatePart::Literal(before.into()), variable, TemplatePart::Literal(after.into())];
        check_variables(&Template { parts, span }).len()
    }

    #[test]
    fn a_variable_between_tokens_is_fine() {
        for (before, after) in
            [("VALUES ('Lamp', ", ", 1)"), ("price=", ";"), ("f(", ")"), ("'a' || ", "::text"), ("", "")]
        {
            assert_eq!(complaints(before, after), 0, "{before}${{x}}{after}");
        }
    }

    #[test]
    fn a_variable_inside_or_against_a_token_is_refused() {
        for (before, after) in [
            ("'", "'"),
            ("E'\\'", "'"),
            ("$$ ", " $$"),
            ("-- ", "\n"),
            ("/* ", " */"),
            ("\"", "\""),
            ("E", ""),
            ("u&", ""),
            ("'a'", ""),
            ("", "'a'"),
            ("t", ""),
            ("1.", ""),
            ("'open ", ""),
        ] {
            assert_eq!(complaints(before, after), 1, "{before}${{x}}{after}");
        }
    }
}
