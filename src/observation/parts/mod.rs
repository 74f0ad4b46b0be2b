//! The parts of values in PostgreSQL's text form: elements of arrays, fields of rows, bounds of ranges. Read as the server
//! reads them, and written as it prints them.

mod array;
mod range;
mod record;
mod rewrite;

pub use array::{Element, elements, lower_bounds};
pub use range::{Bounds, Range, range, ranges};
pub use record::fields;
pub use rewrite::rewritten;

/// What the server takes for blank between parts; a no-break space is a character like any other.
const BLANK: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// The text that is written with quotes and escapes of rows and ranges, up to one of `ends`, and what follows: quotes may begin
/// and end anywhere, two of them inside are one, and a backslash escapes what follows (manual, 8.16.6 and 8.17.5).
fn quoted<'a>(text: &'a str, ends: &[char]) -> Option<(String, &'a str)> {
    let (mut value, mut inside) = (String::new(), false);
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str();
        match chars.next()? {
            '\\' => value.push(chars.next()?),
            '"' if inside && chars.as_str().starts_with('"') => {
                value.push('"');
                chars.next();
            }
            '"' => inside = !inside,
            end if !inside && ends.contains(&end) => return Some((value, rest)),
            other => value.push(other),
        }
    }
}

/// A text with quotes around it and what is special in it doubled, where it is empty or holds a blank or one of `special`.
fn in_quotes(text: &str, special: &[char]) -> String {
    let is_special = |c: char| BLANK.contains(&c) || matches!(c, '"' | '\\') || special.contains(&c);
    if !text.is_empty() && !text.contains(is_special) {
        return text.to_string();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""))
}
