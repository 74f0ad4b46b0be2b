//! The page of troubleshooting speaks of messages that polyspec prints: the headings before the questions are parts of
//! messages in the sources, except for those that begin with a capital letter.

use std::path::Path;

use crate::pages::{Page, root};

const PAGE: &str = "docs/troubleshooting.md";

/// Every source, without the quotes and line breaks of long literals.
fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path());
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("a source");
        let lines: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
        lines.concat()
    };
    let texts = entries.map(|path| if path.is_dir() { sources(&path) } else { read(&path) });
    texts.collect()
}

#[test]
fn every_message_of_the_page_is_one_that_polyspec_prints() {
    let sources = sources(&root().join("src"));
    let page = Page::read(PAGE);
    let headings = page.prose().into_iter().filter_map(|(index, line)| Some((index, line.strip_prefix("### ")?)));
    let messages: Vec<_> = headings.filter(|(_, text)| !text.starts_with(|c: char| c.is_uppercase())).collect();
    assert!(messages.len() > 15, "only {} messages were found", messages.len());
    let unknown =
        messages.iter().filter(|(_, text)| !text.split('…').all(|part| sources.contains(part.trim_matches('`'))));
    let unknown: Vec<String> = unknown.map(|(index, text)| format!("{}: {text}", page.place(*index))).collect();
    assert!(unknown.is_empty(), "no message of the program has these words any more:\n{}", unknown.join("\n"));
}
