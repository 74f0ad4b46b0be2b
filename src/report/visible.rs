//! How much room a text takes, and what is shown of one that is too long.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

pub use crate::source::{visible, visible_lines};

/// The columns that a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// The columns that a character takes on a terminal.
pub fn char_columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text cut to at most `limit` characters, with `…` for what is left out.
pub fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_counts_characters_and_says_that_it_cut() {
        assert_eq!(clip("愛子さん", 4), "愛子さん");
        assert_eq!(clip("愛子さん", 3), "愛子…");
        assert_eq!(columns("愛子"), 4);
    }
}
