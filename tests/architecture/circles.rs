//! Which file uses which, and the circles among them. A name that a `mod.rs` only hands on leads to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::paths::Source;

/// Files that use one another all around, by name.
pub type Circle = BTreeSet<String>;

/// The name of a module (`engine::step`, empty for the root) and what it says.
type Modules<'a> = BTreeMap<String, Module<'a>>;

struct Module<'a> {
    source: &'a Source,
    imports: Vec<Import>,
    /// The names of its own items.
    items: BTreeSet<String>,
}

/// One name of a `use`.
struct Import {
    path: Vec<String>,
    /// What it is called here; `*` for all names of a module.
    name: String,
    /// Whether it is handed on.
    public: bool,
}

/// Every group of files in which each uses each, straight or by way of others.
pub fn circles(sources: &[Source]) -> Vec<Circle> {
    let uses = uses(sources);
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|file| (file.as_str(), reachable(file, &uses))).collect();
    let mut found: Vec<Circle> = vec![];
    for (file, reached) in &reach {
        let circle: Circle =
            reached.iter().filter(|other| reach[**other].contains(file)).map(|other| other.to_string()).collect();
        if circle.len() > 1 && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

/// The files that each file uses.
pub fn uses(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let module = |source| Module { source, imports: imports(&source.code), items: items(&source.code) };
    let modules: Modules<'_> = sources.iter().map(|source| (name_of(source), module(source))).collect();
    let mut uses = BTreeMap::new();
    for (name, module) in &modules {
        let mut files: BTreeSet<String> = module
            .imports
            .iter()
            .filter(|import| !import.public)
            .map(|import| import.path.clone())
            .chain(paths(&module.source.code))
            .filter_map(|path| file_of(name, &path, &modules, 0))
            .collect();
        files.remove(&module.source.name);
        uses.insert(module.source.name.clone(), files);
    }
    uses
}

fn reachable<'a>(from: &str, uses: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = uses.get(from).into_iter().flatten().map(String::as_str).collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(uses.get(file).into_iter().flatten().map(String::as_str));
        }
    }
    reached
}

/// `src/engine/step.rs` is `engine::step`, `src/engine/mod.rs` is `engine`, `src/lib.rs` the root.
fn name_of(source: &Source) -> String {
    let name = source.name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if name == "lib" { String::new() } else { name.replace('/', "::") }
}

/// The file that defines what a path in the module `from` means, if that is one of this crate.
fn file_of(from: &str, path: &[String], modules: &Modules<'_>, depth: usize) -> Option<String> {
    if depth > 16 {
        return None;
    }
    let mut at = from.to_string();
    let mut names = path;
    match names.first().map(String::as_str)? {
        "crate" | "polyspec" => (at, names) = (String::new(), &names[1..]),
        "self" => names = &names[1..],
        "super" => {
            while let Some("super") = names.first().map(String::as_str) {
                at = parent(&at)?;
                names = &names[1..];
            }
        }
        first => {
            if !modules.contains_key(&child(&at, first)) {
                let alias = modules.get(&at)?.imports.iter().find(|import| import.name == first)?;
                // A name that means itself is one of another crate.
                let meant: Vec<String> = alias.path.iter().chain(&names[1..]).cloned().collect();
                return if meant == path { None } else { file_of(&at, &meant, modules, depth + 1) };
            }
        }
    }
    while let Some(module) = names.first().map(|name| child(&at, name)).filter(|module| modules.contains_key(module)) {
        at = module;
        names = &names[1..];
    }
    // A module by itself says nothing of what is used in it.
    let name = names.first()?;
    defining(&at, name, modules, depth)
}

/// The file that defines a name of a module: its own, or the one from which it has the name.
fn defining(at: &str, name: &str, modules: &Modules<'_>, depth: usize) -> Option<String> {
    let module = modules.get(at)?;
    if name == "*" || module.items.contains(name) {
        return Some(module.source.name.clone());
    }
    if let Some(import) = module.imports.iter().find(|import| import.name == name) {
        return file_of(at, &import.path, modules, depth + 1);
    }
    let globs = module.imports.iter().filter(|import| import.name == "*");
    let through = globs.filter_map(|glob| {
        let path: Vec<String> = glob.path[..glob.path.len() - 1].iter().cloned().chain([name.to_string()]).collect();
        file_of(at, &path, modules, depth + 1)
    });
    through.into_iter().next().or_else(|| Some(module.source.name.clone()))
}

fn items(code: &str) -> BTreeSet<String> {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:(?:const\s+|unsafe\s+)*fn|struct|enum|trait|const|static|type|macro_rules!)\s+([A-Za-z_]\w*)")
            .expect("a pattern")
    });
    ITEM.captures_iter(code).map(|item| item[1].to_string()).collect()
}

fn parent(module: &str) -> Option<String> {
    if module.is_empty() {
        return None;
    }
    Some(module.rsplit_once("::").map_or("", |(parent, _)| parent).to_string())
}

fn child(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
}

static USE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\b(pub)(?:\([^)]*\))?\s+)?\buse\s+([^;]+);").expect("a pattern"));

fn imports(code: &str) -> Vec<Import> {
    let mut found = vec![];
    for hit in USE.captures_iter(code) {
        branch(&[], hit[2].trim().trim_start_matches("::"), hit.get(1).is_some(), &mut found);
    }
    found
}

/// Takes a tree of `use` apart.
fn branch(prefix: &[String], tree: &str, public: bool, found: &mut Vec<Import>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{') {
        let mut path = prefix.to_vec();
        path.extend(head.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_string));
        let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
        return split(inner).into_iter().for_each(|part| branch(&path, part, public, found));
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_string())),
        None => (tree, None),
    };
    let mut names = prefix.to_vec();
    names.extend(path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_string));
    if names.len() > 1 && names.last().is_some_and(|last| last == "self") {
        names.pop();
    }
    if let Some(last) = names.last().cloned() {
        found.push(Import { path: names, name: alias.unwrap_or(last), public });
    }
}

/// The parts between commas that are in no braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (vec![], 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The paths of the code itself, without those of `use`.
fn paths(code: &str) -> Vec<Vec<String>> {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b[A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+").expect("a pattern"));
    let code = USE.replace_all(code, "");
    let names = |path: &str| path.split("::").map(|name| name.trim().to_string()).collect();
    PATH.find_iter(&code).map(|path| names(path.as_str())).collect()
}
