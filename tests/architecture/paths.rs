//! Finds the paths (`crate::model::Value`) in Rust source, with the trees of `use` taken apart.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// A source file with its comments, texts and tests blanked out.
pub struct Source {
    /// `src/report/terminal.rs`.
    pub name: String,
    /// The first name below `src`: `report`, `event`, `lib`.
    pub room: String,
    /// How deep the module is: 1 for a room itself.
    depth: usize,
    /// What is left of its text.
    pub code: String,
    /// Files of modules that are tests: `#[cfg(test)] mod x;`.
    test_modules: Vec<String>,
}

impl Source {
    /// `name` is relative to `src`.
    pub fn new(name: &str, text: &str) -> Self {
        let stem = name.trim_end_matches(".rs").trim_end_matches("/mod");
        let room = stem.split('/').next().unwrap_or(stem);
        let (code, test_modules) = without_tests(without_comments_and_texts(text));
        let depth = stem.split('/').count();
        Self { name: format!("src/{name}"), room: room.to_string(), depth, code, test_modules }
    }

    /// All paths of two or more names, and single names of `use`, with their 1-based lines.
    pub fn paths(&self) -> Vec<(String, usize)> {
        static PATH: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\b[A-Za-z_]\w*(?:\s*::\s*(?:[A-Za-z_]\w*))*(?:\s*::\s*\{)?").expect("a pattern")
        });
        let mut found = vec![];
        let mut at = 0;
        while let Some(hit) = PATH.find_at(&self.code, at) {
            at = hit.end();
            let line = self.code[..hit.start()].matches('\n').count() + 1;
            let path = squeeze(hit.as_str());
            let path = path.strip_prefix("use::").map(str::to_string).unwrap_or(path);
            match path.strip_suffix("::{") {
                Some(prefix) => {
                    let end = closing(&self.code, hit.end());
                    expand(prefix, &self.code[hit.end()..end], line, &mut found);
                    at = end;
                }
                None if path.contains("::") => found.push((path, line)),
                None => {}
            }
        }
        found
    }

    /// The room that a path leads to, if it leads to one of this crate.
    pub fn room_of(&self, path: &str, rooms: &[&str]) -> Option<String> {
        let mut names = path.split("::");
        let first = names.next()?;
        let room = match first {
            "crate" | "polyspec" => names.next()?,
            "super" => {
                let supers = 1 + path.split("::").skip(1).take_while(|name| *name == "super").count();
                if supers != self.depth {
                    return None;
                }
                path.split("::").nth(supers)?
            }
            _ => return None,
        };
        rooms.contains(&room).then(|| room.to_string())
    }
}

/// All sources below a folder, without the files of test modules.
pub fn read_sources(root: &Path) -> Vec<Source> {
    let mut sources = vec![];
    collect(root, "", &mut sources);
    let tests: Vec<_> = sources.iter().flat_map(test_modules).collect();
    let is_test = |name: &str| {
        tests.iter().any(|module| name.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
    };
    sources.retain(|source: &Source| !is_test(&source.name));
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}

/// The paths of a file's test modules, without their endings: all that lies below belongs to the test too.
fn test_modules(source: &Source) -> Vec<String> {
    let folder = match source.name.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_string(),
        None if ["src/lib.rs", "src/main.rs"].contains(&source.name.as_str()) => "src".to_string(),
        None => source.name.trim_end_matches(".rs").to_string(),
    };
    source.test_modules.iter().map(|name| format!("{folder}/{name}")).collect()
}

fn collect(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), sources);
        } else if name.ends_with(".rs") {
            sources.push(Source::new(&name, &std::fs::read_to_string(entry.path()).expect("readable text")));
        }
    }
}

fn squeeze(path: &str) -> String {
    path.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Where the brace that is open at `from` closes.
fn closing(code: &str, from: usize) -> usize {
    let mut depth = 1;
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return offset;
        }
    }
    code.len()
}

/// Takes `a, b::{c, d}` below `prefix` apart.
fn expand(prefix: &str, tree: &str, line: usize, found: &mut Vec<(String, usize)>) {
    let mut depth = 0;
    let mut start = 0;
    for (offset, c) in tree.char_indices().chain([(tree.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let line = line + tree[..start].matches('\n').count();
                branch(prefix, &squeeze(&tree[start..offset]), line, found);
                start = offset + 1;
            }
            _ => {}
        }
    }
}

fn branch(prefix: &str, text: &str, line: usize, found: &mut Vec<(String, usize)>) {
    match text.split_once("::{") {
        Some((name, rest)) => expand(&format!("{prefix}::{name}"), rest.strip_suffix('}').unwrap_or(rest), line, found),
        None if text.is_empty() => {}
        None if text == "self" => found.push((prefix.to_string(), line)),
        None => found.push((format!("{prefix}::{text}"), line)),
    }
}

/// The text with comments, strings and characters blanked out; line ends stay.
fn without_comments_and_texts(text: &str) -> String {
    static NOISE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r####"(?x)
            //[^\n]*
            | \bb?r\#\#"(?s:.*?)"\#\#
            | \bb?r\#"(?s:.*?)"\#
            | \bb?r"[^"]*"
            | "(?:\\(?s:.)|[^"\\])*"
            | '(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\\n])'
            "####,
        )
        .expect("a pattern")
    });
    let text = without_block_comments(text);
    NOISE.replace_all(&text, |noise: &regex::Captures| blank(&noise[0])).into_owned()
}

fn without_block_comments(text: &str) -> String {
    let mut code = String::new();
    let mut depth = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (length, change) = match rest {
            _ if rest.starts_with("/*") => (2, 1),
            _ if rest.starts_with("*/") && depth > 0 => (2, -1),
            _ => (c.len_utf8(), 0),
        };
        let inside = depth > 0 || change > 0;
        code.push_str(&if inside { blank(&rest[..length]) } else { rest[..length].to_string() });
        depth += change;
        rest = &rest[length..];
    }
    code
}

fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// The code with every item under `#[cfg(test)]` blanked out, and the names of test modules in files of their own.
fn without_tests(mut code: String) -> (String, Vec<String>) {
    let mut modules = vec![];
    while let Some(start) = code.find("#[cfg(test)]") {
        let semicolon = code[start..].find(';').map_or(code.len(), |at| start + at + 1);
        let brace = code[start..].find('{').map_or(code.len(), |at| start + at + 1);
        let item = code[start + "#[cfg(test)]".len()..].trim_start().trim_start_matches("pub ");
        let end = if brace < semicolon && !item.starts_with("use ") {
            (closing(&code, brace) + 1).min(code.len())
        } else {
            let item = code[start..semicolon].trim_end_matches(';');
            modules.extend(item.split_once("mod ").map(|(_, name)| name.trim().to_string()));
            semicolon
        };
        code.replace_range(start..end, &blank(&code[start..end]));
    }
    (code, modules)
}
