//! Cuts SQL text into tokens (manual, 4.1 "Lexical Structure").

use std::ops::Range;

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Spaces and line ends.
    Space,
    /// `-- …` or `/* … */`.
    Comment,
    /// A string constant of any form but dollar quotes, with its prefix.
    Quoted,
    /// `$$…$$`, `$tag$…$tag$`.
    DollarQuoted,
    /// `"…"`, `U&"…"`.
    QuotedIdentifier,
    /// A key word or an identifier.
    Word,
    /// A number.
    Number,
    /// `$1`.
    Placeholder,
    /// Anything else, one character.
    Symbol,
}

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// All tokens of `text`, without gaps. What is not closed reaches to the end.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = vec![];
    let mut at = 0;
    while at < text.len() {
        let token = token_at(text, at);
        at = token.range.end;
        found.push(token);
    }
    found
}

/// The token that begins at byte `at` of `text`, which is not its end.
pub(super) fn token_at(text: &str, at: usize) -> Token {
    let (kind, length) = next(text, at);
    Token { kind, range: at..(at + length.max(1)).min(text.len()) }
}

fn next(text: &str, at: usize) -> (TokenKind, usize) {
    let rest = &text[at..];
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        c if c.is_ascii_whitespace() => (TokenKind::Space, run(rest, |c| c.is_ascii_whitespace())),
        '-' if rest.starts_with("--") => (TokenKind::Comment, run(rest, |c| c != '\n' && c != '\r')),
        '/' if rest.starts_with("/*") => (TokenKind::Comment, block_comment(rest)),
        '\'' => (TokenKind::Quoted, quoted(rest, '\'', false)),
        '"' => (TokenKind::QuotedIdentifier, quoted(rest, '"', false)),
        '$' => dollar(rest),
        c if c.is_ascii_digit() => (TokenKind::Number, number(rest)),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (TokenKind::Number, number(rest)),
        c if is_word_start(c) => prefixed(rest).unwrap_or((TokenKind::Word, run(rest, is_word_part))),
        c => (TokenKind::Symbol, c.len_utf8()),
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Letters, `_`, and every character outside ASCII begin an identifier (`ident_start` of PostgreSQL's scan.l).
pub(crate) fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// Digits and `$` may follow.
pub(crate) fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}

/// Strings whose prefix is a letter: `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'`, `U&"…"`.
fn prefixed(rest: &str) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let prefix = match (bytes[0].to_ascii_lowercase(), bytes.get(1), bytes.get(2)) {
        (b'u', Some(b'&'), Some(b'\'' | b'"')) => 2,
        (b'e' | b'b' | b'x' | b'n', Some(b'\''), _) => 1,
        _ => return None,
    };
    let quote = char::from(bytes[prefix]);
    let escapes = bytes[0].eq_ignore_ascii_case(&b'e');
    let kind = if quote == '"' { TokenKind::QuotedIdentifier } else { TokenKind::Quoted };
    Some((kind, prefix + quoted(&rest[prefix..], quote, escapes)))
}

/// The length of a quoted stretch: a doubled quote stays inside, and so does what follows a backslash in `E'…'`.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// Comments nest (manual, 4.1.5).
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match &bytes[at..bytes.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn dollar(rest: &str) -> (TokenKind, usize) {
    let tag = run(&rest[1..], |c| is_word_part(c) && c != '$');
    if tag > 0 && rest.as_bytes()[1].is_ascii_digit() {
        return (TokenKind::Placeholder, 1 + run(&rest[1..], |c| c.is_ascii_digit()));
    }
    let Some(delimiter) = rest.get(..tag + 2).filter(|delimiter| delimiter.ends_with('$')) else {
        return (TokenKind::Symbol, 1);
    };
    let end = rest[delimiter.len()..].find(delimiter).map(|at| at + 2 * delimiter.len());
    (TokenKind::DollarQuoted, end.unwrap_or(rest.len()))
}

fn number(rest: &str) -> usize {
    let digits = run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    let exponent = rest[..digits].ends_with(['e', 'E']) && rest[digits..].starts_with(['+', '-']);
    if exponent { digits + 1 + run(&rest[digits + 1..], |c| c.is_ascii_digit()) } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text).into_iter().filter(|t| t.kind != TokenKind::Space).map(|t| (t.kind, &text[t.range])).collect()
    }

    #[test]
    fn every_form_of_string_is_one_token() {
        for text in ["'it''s'", "E'a\\'b'", "$$ ' $$", "$q$ $$ $q$", "U&'\\0061'", "B'1'", "'ä'"] {
            assert_eq!(kinds(text).len(), 1, "{text}");
        }
        assert_eq!(kinds("U&\"d\\0061\" \"a\"\"b\"").len(), 2);
    }

    #[test]
    fn comments_nest() {
        assert_eq!(kinds("/* a /* b */ c */ x"), [(TokenKind::Comment, "/* a /* b */ c */"), (TokenKind::Word, "x")]);
    }

    #[test]
    fn a_placeholder_is_not_a_dollar_quote() {
        assert_eq!(kinds("$1$2")[0], (TokenKind::Placeholder, "$1"));
        assert_eq!(kinds("a$b$c")[0], (TokenKind::Word, "a$b$c"));
    }

    #[test]
    fn what_is_not_closed_reaches_to_the_end() {
        for text in ["'abc", "$$ abc", "/* abc", "\"abc", "E'\\"] {
            assert_eq!(kinds(text).len(), 1, "{text}");
        }
    }
}
