//! Did you mean: the known word that is nearest to one that is not known.

/// The nearest of `known`, if it is near enough to be what the author meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= slack(&word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many slips still count as a misspelling: one, and one more for every four letters.
fn slack(word: &str, candidate: &str) -> usize {
    let length = word.chars().count().min(candidate.chars().count());
    if length < 2 { 0 } else { 1 + length / 4 }
}

/// `a`, `b` or `c`, each in backquotes.
pub(crate) fn enumerate(words: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {conjunction} {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_and_another_word_does_not() {
        assert_eq!(nearest("expct", ["expect", "explain"]), Some("expect"));
        assert_eq!(nearest("Rows_Unorderd", ["rows", "rows_unordered"]), Some("rows_unordered"));
        assert_eq!(nearest("colour", ["sql", "mongo"]), None);
    }

    #[test]
    fn words_are_listed_as_a_sentence_needs_them() {
        assert_eq!(enumerate(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
