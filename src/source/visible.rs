//! Makes text from outside safe to show: what a submission's database returns, or a file of somebody else's holds, must not
//! move a cursor, colour a terminal, turn the direction of a line or break an XML file.

use std::borrow::Cow;

/// One line of text in which every character can be seen: a control character becomes its picture (U+2400 and on), so
/// that offsets in characters stay what they were; one that turns the writing direction or that XML forbids becomes U+FFFD.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) { Cow::Borrowed(text) } else { text.chars().map(shown).collect() }
}

/// The same for text of several lines: line ends stay, tabs become four spaces.
pub fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(&line.replace('\t', "    ")).into_owned()).collect::<Vec<_>>().join("\n")
}

fn shown(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => '\u{fffd}',
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(visible("a\x1b[31mb\rc\x7f"), "a␛[31mb␍c␡");
        assert_eq!(visible_lines("a\tb\r\nc\x07"), "a    b\nc␇");
    }

    #[test]
    fn a_turned_direction_and_what_xml_forbids_become_replacement_characters() {
        assert_eq!(visible("a\u{202e}b\u{ffff}c\u{9b}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }
}
