//! Texts that are changed where text is cut, trimmed, quoted, normalised, pasted into a command or taken for something else.

use std::collections::BTreeSet;

use super::spec::Edge;

/// The greatest length of a text that says nothing of it, in characters.
pub(crate) const MAX_TEXT: usize = 10_000;

/// Texts by what is special about them.
const TEXTS: &str = include_str!("texts.json");

/// E-mail addresses by what is special about them.
const EMAILS: &str = include_str!("emails.json");

/// What a text of the greatest length is made of: characters of one byte in UTF-8, and of two to four bytes.
const LONG: [&str; 2] = ["abcdefghijklmnopqrstuvwxyz 0123456789", "äßłñøçéüşž日本語文字漢字𠮷😀🚀"];

/// The greatest length of the local part of an address, and of the whole of it (RFC 5321, 4.5.3.1).
const ADDRESS: (usize, usize) = (64, 254);

/// The words that `not` and `only` take.
pub(crate) const TEXT_KINDS: &[&str] = &[
    "letters",
    "capitals",
    "empty",
    "blanks",
    "outer_blanks",
    "inner_blanks",
    "tabs",
    "line_breaks",
    "controls",
    "quotes",
    "backslashes",
    "percents",
    "dollars",
    "nulls",
    "numbers",
    "dates",
    "markup",
    "emoji",
    "combining",
    "right_to_left",
    "invisible",
    "long",
];

/// The words that `not` and `only` take of e-mail addresses.
pub(crate) const EMAIL_KINDS: &[&str] =
    &["letters", "quotes", "dots", "plus", "numbers", "capitals", "symbols", "international", "long"];

/// The texts of a description.
pub(super) fn texts(edge: &Edge) -> Vec<String> {
    let long = LONG.map(|alphabet| alphabet.chars().cycle().take(edge.max).collect());
    chosen(edge, TEXTS, long.to_vec())
}

/// The e-mail addresses of a description.
pub(super) fn emails(edge: &Edge) -> Vec<String> {
    let local: String = LONG[0].chars().filter(|letter| *letter != ' ').cycle().take(ADDRESS.0).collect();
    let domain = "@mail.example.com";
    let room = edge.max.min(ADDRESS.1).saturating_sub(domain.len()).min(ADDRESS.0);
    let long = if room == 0 { vec![] } else { vec![format!("{}{domain}", &local[..room])] };
    chosen(edge, EMAILS, long)
}

/// Of the kinds that are wanted, what is not too long, each once.
fn chosen(edge: &Edge, file: &str, long: Vec<String>) -> Vec<String> {
    // The file is this program's own, and a test reads it.
    let mut kinds: Vec<(String, Vec<String>)> = serde_json::from_str(file).unwrap_or_default();
    kinds.push(("long".into(), long));
    let wanted = |kind: &String| !edge.not.contains(kind) && (edge.only.is_empty() || edge.only.contains(kind));
    let mut seen = BTreeSet::new();
    let texts = kinds.into_iter().filter(|(kind, _)| wanted(kind)).flat_map(|(_, texts)| texts);
    texts.filter(|text| text.chars().count() <= edge.max && seen.insert(text.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_a_file_are_those_that_can_be_named() {
        for (file, names) in [(TEXTS, TEXT_KINDS), (EMAILS, EMAIL_KINDS)] {
            let kinds: Vec<(String, Vec<String>)> = serde_json::from_str(file).unwrap();
            let kinds: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).chain(["long"]).collect();
            assert_eq!(kinds, names);
        }
    }

    #[test]
    fn an_address_has_one_part_before_and_a_domain_after_its_sign() {
        for address in emails(&Edge::new(crate::language::edge::EdgeType::Email)) {
            let (local, domain) = address.split_once('@').unwrap();
            assert!((1..=64).contains(&local.chars().count()) && domain.contains('.') && !domain.contains('@'));
        }
    }
}
