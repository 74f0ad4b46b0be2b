//! Examples: what a page shows is a file that is run or checked. The comment above a block names the file, relative to the
//! page, of which the block is the whole or some consecutive lines; `POLYSPEC_BOOK=bless` puts the whole file there. Or it
//! says in which suite the block's commands are run; `tests/tool/book.rs` does that and compares what they print.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Parser;
use polyspec::internal::Arguments;

use crate::pages::{Block, Page, blesses, book, root};

/// What a marker begins with that names a suite instead of a file.
const RUN: &str = "run in ";

/// What a marker begins with that is a command line: `commands.rs` compares what it prints.
const COMMAND: &str = "polyspec ";

/// Languages of files, whose blocks must come from one.
const OF_FILES: [&str; 4] = ["yaml", "toml", "rust", "sql"];

/// A page of fragments of files, which a test of the language reads.
const FRAGMENTS: &str = "docs/language.md";

/// The file that a block comes from.
fn file_of(block: &Block) -> Option<String> {
    block.marker.clone().filter(|marker| !marker.starts_with(RUN) && !marker.starts_with(COMMAND))
}

fn is_excerpt(text: &[String], file: &[String]) -> bool {
    !text.is_empty() && file.windows(text.len()).any(|lines| lines == text)
}

/// Why a block is not what its file holds.
fn difference(page: &Page, block: &Block, name: &str) -> Option<String> {
    let path = root().join(page.folder()).join(name);
    let Ok(text) = std::fs::read_to_string(&path) else { return Some(format!("there is no file `{name}`")) };
    let file: Vec<String> = text.lines().map(str::to_string).collect();
    (!is_excerpt(&block.text, &file)).then(|| format!("the block is not what `{name}` holds"))
}

fn bless(page: &mut Page) {
    for number in 0..page.blocks().len() {
        let block = page.blocks().remove(number);
        let Some(name) = file_of(&block) else { continue };
        if difference(page, &block, &name).is_some() {
            let file = std::fs::read_to_string(root().join(page.folder()).join(&name)).expect("the file of an example");
            page.rewrite(&block, file.lines().map(str::to_string).collect());
        }
    }
}

#[test]
fn every_example_is_what_its_file_holds() {
    let mut found = vec![];
    for mut page in book() {
        if blesses() {
            bless(&mut page);
        }
        for block in page.blocks() {
            let Some(name) = file_of(&block) else { continue };
            found.extend(difference(&page, &block, &name).map(|why| format!("{}: {why}", page.place(block.fence))));
        }
    }
    assert!(found.is_empty(), "POLYSPEC_BOOK=bless cargo test --test book takes over the files:\n{}", found.join("\n"));
}

#[test]
fn a_block_that_differs_from_its_file_is_found() {
    let block = |text: &[&str], marker: &str| Block {
        fence: 0,
        end: text.len() + 1,
        language: "yaml".into(),
        marker: Some(marker.into()),
        text: text.iter().map(|line| line.to_string()).collect(),
    };
    let page = Page { path: "docs/start.md".into(), lines: vec![] };
    let settings = "examples/start/polyspec.yaml";
    let wrong =
        [block(&["suite: Another"], settings), block(&[], settings), block(&["suite: A shop"], "examples/none")];
    assert!(wrong.iter().all(|block| difference(&page, block, &file_of(block).expect("a file")).is_some()));
    let right = [block(&["suite: A shop"], settings), block(&["suite: A shop", "topology:"], settings)];
    assert!(right.iter().all(|block| difference(&page, block, settings).is_none()));
}

#[test]
fn every_example_comes_from_a_file() {
    let mut found = vec![];
    for page in book().iter().filter(|page| page.path != Path::new(FRAGMENTS)) {
        let wants = |block: &Block| OF_FILES.contains(&block.language.as_str()) || block.language == "console";
        let bare = page.blocks().into_iter().filter(|block| wants(block) && block.marker.is_none());
        found.extend(bare.map(|block| page.place(block.fence)));
    }
    assert!(found.is_empty(), "these blocks do not say which file they are, or where they are run: {found:?}");
}

#[test]
fn every_suite_of_the_examples_is_run_by_a_page() {
    let entries = std::fs::read_dir(root().join("docs/examples")).expect("the examples");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let suites = folders.filter(|path| path.join("polyspec.yaml").exists());
    let suites: BTreeSet<String> =
        suites.map(|path| format!("examples/{}", path.file_name().expect("a name").display())).collect();
    let blocks = book().into_iter().flat_map(|page| page.blocks());
    let run: BTreeSet<String> = blocks.filter_map(|block| Some(block.marker?.strip_prefix(RUN)?.to_string())).collect();
    assert_eq!(suites, run);
}

/// The words of a line of shell, up to a comment; quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = line.trim();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("the quote ends"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_string());
        rest = after.trim_start();
    }
    words
}

#[test]
fn every_command_that_is_shown_can_be_parsed() {
    let pages = book().into_iter().chain([Page::read("README.md"), Page::read("CONTRIBUTING.md")]);
    let mut count = 0;
    for page in pages {
        for block in page.blocks().iter().filter(|block| matches!(block.language.as_str(), "sh" | "console")) {
            for line in block.text.iter().map(|line| line.trim_start_matches("$ ")) {
                if !line.starts_with("polyspec ") {
                    continue;
                }
                let parsed = Arguments::try_parse_from(words(line));
                assert!(parsed.is_ok(), "{}: `{line}`\n{}", page.place(block.fence), parsed.unwrap_err());
                count += 1;
            }
        }
    }
    assert!(count > 20, "only {count} were found");
}
