//! Links: every relative one leads to a file, every anchor to a heading, and a page of the book links to pages of the book,
//! since the built book holds nothing else.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::pages::{Page, book, root};

static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern"));
static INLINE_CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`[^`]*`").expect("a pattern"));

/// Markdown outside of the book.
const OTHERS: [&str; 4] = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docker/README.md"];

/// The anchors of a page's headings, as mdBook and code hosts make them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let headings = page.prose().into_iter().filter(|(_, line)| line.starts_with('#'));
    let texts = headings.map(|(_, line)| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    texts.map(|text| text.chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// A relative path without `..` in it.
fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component> = vec![];
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    parts.iter().collect()
}

/// What is wrong with a link of a page.
fn fault(page: &Page, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { page.path.clone() } else { normal(&page.folder().join(path)) };
    if !root().join(&file).exists() {
        return Some(format!("there is no `{}`", file.display()));
    }
    if page.path.starts_with("docs") && file.parent() != Some(Path::new("docs")) {
        return Some(format!("`{}` is not part of the book", file.display()));
    }
    let anchor = anchor?;
    let known = anchors(&Page::read(file.to_str().expect("a plain path")));
    (!known.contains(anchor)).then(|| format!("`{}` has no heading `#{anchor}`", file.display()))
}

fn faults(page: &Page) -> Vec<String> {
    let mut found = vec![];
    for (index, line) in page.prose() {
        let line = INLINE_CODE.replace_all(line, "`code`");
        for link in LINK.captures_iter(&line) {
            found.extend(fault(page, &link[1]).map(|fault| format!("{}: {fault}", page.place(index))));
        }
    }
    found
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let pages = book().into_iter().chain(OTHERS.iter().map(|path| Page::read(path)));
    let found: Vec<String> = pages.flat_map(|page| faults(&page)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_link_to_nowhere_is_found() {
    let page = |line: &str| Page { path: "docs/start.md".into(), lines: vec!["# Start here".into(), line.into()] };
    let wrong = ["[a](nowhere.md)", "[a](language.md#nothing-of-this-name)", "[a](#nothing)", "[a](../README.md)"];
    let found = wrong.map(|line| faults(&page(line)).len());
    assert_eq!(found, [1, 1, 1, 1]);
    let right = ["[a](language.md#scenario)", "[a](#start-here)", "`[a](nowhere.md)`"];
    assert_eq!(right.map(|line| faults(&page(line)).len()), [0, 0, 0]);
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = Page::read("docs/SUMMARY.md").lines.join("\n");
    let mut listed: Vec<String> = LINK.captures_iter(&summary).map(|link| format!("docs/{}", &link[1])).collect();
    listed.push("docs/SUMMARY.md".into());
    listed.sort();
    let pages: Vec<String> = book().iter().map(|page| page.path.display().to_string()).collect();
    assert_eq!(listed, pages);
}
