//! Passwords in text that somebody else wrote.

use std::sync::LazyLock;

use regex::Regex;

/// Passwords in URLs (`scheme://user:password@host`) and in connection strings (`password=…`).
static PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:[a-z+]+://[^\s:/@]*:|password\s*=\s*)([^\s@]+)").ok());

/// `text` with a `*` for each byte of a password: carets stay where they are.
pub fn masked(text: &str) -> String {
    let mut shown = text.to_string();
    for found in PASSWORD.iter().flat_map(|password| password.captures_iter(text)).filter_map(|found| found.get(1)) {
        shown.replace_range(found.range(), &"*".repeat(found.len()));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        assert_eq!(masked("postgres://u:secret@h/db x"), "postgres://u:******@h/db x");
        assert_eq!(masked("host=h password=ä1 port=1"), "host=h password=*** port=1");
        assert_eq!(masked("http://localhost:80"), "http://localhost:**");
    }
}
