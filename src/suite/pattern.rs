//! Patterns by which people name scenarios: part of a name, a glob, or a path on the disk.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::files::normal;

/// A pattern of a selection.
pub(super) struct Pattern {
    text: String,
    exact: bool,
    glob: Option<Regex>,
    /// The pattern as a path on the disk, and the case after `#` if there is one.
    disk: (PathBuf, Option<String>),
}

impl Pattern {
    /// `text` as the user wrote it, standing in `cwd`.
    pub fn new(text: &str, exact: bool, cwd: &Path) -> Self {
        let glob = if !exact && text.contains(['*', '?']) { Regex::new(&glob_to_regex(text)).ok() } else { None };
        let (path, case) = match text.split_once('#') {
            Some((path, case)) => (path, Some(case.to_string())),
            None => (text, None),
        };
        Self { text: text.to_string(), exact, glob, disk: (normal(&cwd.join(path)), case) }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names the run `name` of the scenario `path`, whose file is `file`.
    pub fn matches(&self, name: &str, path: &str, file: &Path) -> bool {
        if name == self.text || path == self.text {
            return true;
        }
        if self.exact {
            return false;
        }
        let on_disk = || match &self.disk {
            (disk, None) => file.starts_with(disk),
            (disk, Some(case)) => file == disk && name.strip_prefix(path).is_some_and(|rest| rest[1..] == **case),
        };
        match &self.glob {
            Some(glob) => glob.is_match(name) || glob.is_match(path) || on_disk(),
            None => name.contains(&self.text) || on_disk(),
        }
    }

    /// Whether it may name a run of the scenario `path`, whatever its cases are.
    pub fn may_match(&self, path: &str, file: &Path) -> bool {
        let of_case = self.text.strip_prefix(path).is_some_and(|rest| rest.starts_with('#'));
        of_case || self.matches(path, path, file) || (self.disk.1.is_some() && file == self.disk.0)
    }
}

/// `**` is anything, `*` anything but `/`, `?` one character but `/`.
fn glob_to_regex(glob: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = glob.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                regex.push_str(if rest.next_if_eq(&'/').is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str) -> bool {
        let pattern = Pattern::new(pattern, false, Path::new("/suite/docs"));
        pattern.matches("p2/move.yaml#a/b", "p2/move.yaml", Path::new("/suite/scenarios/p2/move.yaml"))
    }

    #[test]
    fn a_part_a_glob_and_a_path_on_the_disk_name_a_run() {
        let good = ["move", "p2/move.yaml", "p2/move.yaml#a/b", "p2/*.yaml", "**/move*", "**/*#a/b", "p?/move.yaml"];
        assert!(good.iter().all(|pattern| matches(pattern)), "{:?}", good.map(matches));
        let disk = ["../scenarios/p2", "../scenarios/p2/move.yaml", "/suite/scenarios/p2/move.yaml#a/b", ".."];
        assert!(disk.iter().all(|pattern| matches(pattern)), "{:?}", disk.map(matches));
    }

    #[test]
    fn another_name_is_not_named() {
        let bad = [
            "p3",
            "*.yaml",
            "p2/move.yaml#b",
            "../scenarios/p2/mov",
            "../scenarios/p2/move.yaml#b",
            "p2.move",
            "(",
            "[a",
        ];
        assert!(!bad.iter().any(|pattern| matches(pattern)), "{:?}", bad.map(matches));
    }

    #[test]
    fn an_exact_name_is_no_part_and_no_glob() {
        let named =
            |text: &str| Pattern::new(text, true, Path::new("/")).matches("a.yaml#1", "a.yaml", Path::new("/s/a.yaml"));
        assert_eq!(["a.yaml", "a.yaml#1", "a", "*", "s"].map(named), [true, true, false, false, false]);
    }
}
