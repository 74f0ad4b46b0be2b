//! What surrounds a place in SQL text: code, or one of the forms of quotes and comments.

use super::scan::{TokenKind, tokens};

/// What a place is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Nothing that is quoted.
    Code,
    /// A string constant.
    String {
        /// Whether `\` escapes in it (`E'…'`, `U&'…'`).
        escapes: bool,
    },
    /// A quoted identifier.
    Identifier,
    /// Dollar quotes.
    DollarQuoted,
    /// A comment.
    Comment,
}

/// The context of each of `places`, byte offsets in rising order at which characters of `text` begin.
pub fn contexts(text: &str, places: &[usize]) -> Vec<Context> {
    let mut tokens = tokens(text).into_iter().peekable();
    let context = |place: &usize| {
        while tokens.next_if(|token| token.range.end <= *place).is_some() {}
        // The first character of a token does not lie inside of its quotes.
        let token = tokens.peek().filter(|token| token.range.start < *place);
        token.map_or(Context::Code, |token| of(token.kind, &text[token.range.clone()]))
    };
    places.iter().map(context).collect()
}

fn of(kind: TokenKind, text: &str) -> Context {
    match kind {
        TokenKind::Quoted => Context::String { escapes: text.starts_with(['e', 'E', 'u', 'U']) },
        TokenKind::QuotedIdentifier => Context::Identifier,
        TokenKind::DollarQuoted => Context::DollarQuoted,
        TokenKind::Comment => Context::Comment,
        _ => Context::Code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_quotes_is_told() {
        let text = "x 'x' E'x' \"x\" $$x$$ -- x\nx /* x */ 1x";
        let places: Vec<usize> = text.match_indices('x').map(|(at, _)| at).collect();
        let expected = [
            Context::Code,
            Context::String { escapes: false },
            Context::String { escapes: true },
            Context::Identifier,
            Context::DollarQuoted,
            Context::Comment,
            Context::Code,
            Context::Comment,
            Context::Code,
        ];
        assert_eq!(contexts(text, &places), expected);
    }
}
