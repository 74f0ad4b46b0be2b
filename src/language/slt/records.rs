//! Records with their places, connections resolved and included files spliced in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sqllogictest::{
    Connection, Control, DefaultColumnType, ExpectedError, ParseErrorKind, QueryExpect, Record, StatementExpect,
};

use super::fault;
use super::layout::{Part, Stretch, layout};
use super::lint;
use crate::language::selector::node_selector;
use crate::language::sink::Sink;
use crate::model::{Engine, NodeSelector, SltRecord};
use crate::source::{Diagnostic, SourceFile, Span};

/// Reads an included file by its shown name.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> io::Result<Arc<SourceFile>>;

/// How deep files may include one another, and how many there may be in all.
const DEPTH: usize = 16;
const FILES: usize = 200;

/// Joins node and session in the one word that the crate takes as the name of a connection.
const JOINT: char = '\u{1f}';

/// Where a record runs.
type Place = (NodeSelector, Option<String>);

/// Reads a script and what it includes.
pub(crate) struct Reader<'a> {
    read: Read<'a>,
    sink: &'a mut Sink,
    open: Vec<String>,
    files: usize,
    /// Where the record at hand runs; none is the scenario's own connection.
    current: Option<Place>,
    /// Whether `control substitution on` holds, so that a text is not yet what will be sent.
    substitutes: bool,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing.
    pub fn new(read: Read<'a>, sink: &'a mut Sink) -> Self {
        Self { read, sink, open: vec![], files: 0, current: None, substitutes: false }
    }

    /// The records of a file, in the order in which they run.
    pub fn file(&mut self, file: &Arc<SourceFile>) -> Vec<SltRecord> {
        self.files += 1;
        self.open.push(file.name().to_string());
        let stretches = layout(file.text());
        lint::check(file, &stretches, self.sink);
        let mut script = Script::new(file);
        let connections = self.connections(file, &stretches, &mut script);
        let parsed = self.parse(file, &stretches, &mut script);
        let records = self.place(file, &layout(&script.text()), parsed, &connections);
        self.open.pop();
        records
    }

    /// Reads `connection NODE [SESSION]` and rewrites each such line to one word for the crate.
    fn connections(
        &mut self,
        file: &Arc<SourceFile>,
        stretches: &[Stretch],
        script: &mut Script,
    ) -> BTreeMap<String, Place> {
        let mut found = BTreeMap::new();
        for stretch in stretches.iter().filter(|stretch| stretch.part == Part::Record) {
            let line = file.line(stretch.first).unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let (node, session) = match words.as_slice() {
                ["connection", "default"] => continue,
                ["connection", node] => (*node, None),
                ["connection", node, session] => (*node, Some(session.to_string())),
                _ => continue,
            };
            match node_selector(node) {
                Ok(NodeSelector::All(_)) => self.sink.push(many_nodes(file, stretch.first, node)),
                Ok(selector) => {
                    let name = session.as_ref().map_or(node.to_string(), |session| format!("{node}{JOINT}{session}"));
                    script.replace(stretch.first, format!("connection {name}"));
                    found.insert(name, (selector, session));
                }
                Err(cause) => self.sink.push(not_a_node(file, stretch.first, node, &cause)),
            }
        }
        found
    }

    /// Parses with the crate. After an error the record is taken out and the rest is tried again, so that one run shows
    /// every error; a file with very many is given up.
    fn parse(
        &mut self,
        file: &Arc<SourceFile>,
        stretches: &[Stretch],
        script: &mut Script,
    ) -> Vec<Record<DefaultColumnType>> {
        const TRIES: usize = 20;
        self.bodies(file, stretches);
        for _ in 0..TRIES {
            match sqllogictest::parse_with_name(&script.text(), file.name()) {
                Ok(records) => return records,
                Err(error) => {
                    let line = error.location().line() as usize;
                    self.sink.push(fault::parse(file, line, &error.kind()));
                    let Some(broken) = stretches.iter().rfind(|stretch| stretch.first <= line) else { break };
                    script.take_out(broken, matches!(error.kind(), ParseErrorKind::InvalidLine(_)));
                }
            }
        }
        vec![]
    }

    /// The crate takes an empty line for an empty statement and swallows the record after it.
    fn bodies(&mut self, file: &Arc<SourceFile>, stretches: &[Stretch]) {
        for stretch in stretches.iter().filter(|stretch| stretch.part == Part::Record) {
            let directive = file.line(stretch.first).unwrap_or_default();
            let verb = directive.split_whitespace().next().unwrap_or_default();
            let body = file.line(stretch.first + 1).unwrap_or_default().trim();
            if matches!(verb, "statement" | "query" | "let") && (body.is_empty() || body == "----") {
                let error = Diagnostic::error(
                    &Span::of_line(file, stretch.first),
                    format!("there is no SQL below this `{verb}`"),
                );
                self.sink.push(error.help("write it in the next line; an empty line ends a record"));
            }
        }
    }

    fn place(
        &mut self,
        file: &Arc<SourceFile>,
        stretches: &[Stretch],
        records: Vec<Record<DefaultColumnType>>,
        connections: &BTreeMap<String, Place>,
    ) -> Vec<SltRecord> {
        let mut placed = vec![];
        for (mut record, stretch) in records.into_iter().zip(stretches) {
            let span = lines(file, stretch);
            self.connect(&mut record, connections);
            match &record {
                Record::Include { filename, .. } => placed.extend(self.include(file, filename, &span)),
                Record::System { .. } => self.refuse_shell(&span),
                _ => {
                    self.command(file, stretch, &record);
                    self.code(file, stretch, &mut record);
                    placed.push(SltRecord { record, span, connection: self.current.clone() });
                }
            }
        }
        placed
    }

    /// A `connection` is for the one record that follows it, as in the crate.
    fn connect(&mut self, record: &mut Record<DefaultColumnType>, known: &BTreeMap<String, Place>) {
        match record {
            Record::Connection(Connection::Named(name)) => *name = name.replace(JOINT, " "),
            Record::Control(Control::Substitution(on)) => self.substitutes = *on,
            Record::Statement { connection, .. }
            | Record::Query { connection, .. }
            | Record::Let { connection, .. } => {
                self.current = match &*connection {
                    Connection::Named(name) => known.get(name.as_str()).cloned(),
                    Connection::Default => None,
                };
                *connection =
                    self.current.as_ref().map_or(Connection::Default, |place| Connection::Named(shown(place)));
            }
            _ => {}
        }
    }

    fn refuse_shell(&mut self, span: &Span) {
        let error =
            Diagnostic::error(&crate::language::yaml::first_line(span), "shell commands are not allowed in a scenario");
        self.sink.push(error.help("take the `system` record out"));
    }

    /// On a MongoDB connection the text is a command document.
    fn command(&mut self, file: &Arc<SourceFile>, stretch: &Stretch, record: &Record<DefaultColumnType>) {
        let (Record::Statement { sql, .. } | Record::Query { sql, .. }) = record else { return };
        let mongo = self.current.as_ref().is_some_and(|(selector, _)| selector.engine() == Engine::Mongo);
        if !mongo || self.substitutes {
            return;
        }
        let cause = match serde_json::from_str::<serde_json::Value>(sql) {
            Ok(serde_json::Value::Object(document)) if !document.is_empty() => return,
            Ok(_) => "it is not a document".to_string(),
            Err(error) => error.to_string().split(" at line ").next().unwrap_or_default().to_string(),
        };
        let place = Span::of_line(file, stretch.first + 1);
        let error = Diagnostic::error(&place, format!("not a command of MongoDB: {cause}"));
        self.sink.push(error.help("write a command document in Extended JSON: `{\"find\": \"orders\"}`"));
    }

    /// What stands in parentheses behind `error`: the crate takes five characters for an SQLSTATE, everything else for a regular
    /// expression, so that no code of MongoDB of fewer digits could be expected.
    fn code(&mut self, file: &Arc<SourceFile>, stretch: &Stretch, record: &mut Record<DefaultColumnType>) {
        let (Record::Statement { expected: StatementExpect::Error(error), .. }
        | Record::Query { expected: QueryExpect::Error(error), .. }) = record
        else {
            return;
        };
        let ExpectedError::Inline(pattern) = &*error else { return };
        let pattern = pattern.as_str().to_string();
        let of_mongo = self.current.as_ref().is_some_and(|(selector, _)| selector.engine() == Engine::Mongo);
        match pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(code) if of_mongo && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                *error = ExpectedError::SqlState(code.to_string());
            }
            _ => fault::pattern(file, stretch.first, &pattern, of_mongo).into_iter().for_each(|d| self.sink.push(d)),
        }
    }

    fn include(&mut self, file: &Arc<SourceFile>, name: &str, span: &Span) -> Vec<SltRecord> {
        let path = joined(file.name(), name);
        if let Some(diagnostic) = self.refuse_include(name, &path, span) {
            self.sink.push(diagnostic);
            return vec![];
        }
        match (self.read)(&path) {
            Ok(included) => self.file(&included),
            Err(error) => {
                let diagnostic = Diagnostic::error(span, format!("cannot read `{path}`: {error}"));
                self.sink.push(diagnostic.help("the name is relative to the folder of this file"));
                vec![]
            }
        }
    }

    fn refuse_include(&self, name: &str, path: &str, span: &Span) -> Option<Diagnostic> {
        if name.contains(['*', '?', '[']) {
            let error = Diagnostic::error(span, "a pattern cannot be included");
            return Some(error.help("name each file by an `include` of its own"));
        }
        if Path::new(name).is_absolute() {
            let error = Diagnostic::error(span, "an included file is named relative to the folder of this one");
            return Some(error.help("put it beside the scenario"));
        }
        if self.open.iter().any(|open| open == path) {
            let error = Diagnostic::error(span, format!("`{path}` includes itself"));
            return Some(error.label(self.open.join(" → ")));
        }
        if self.open.len() >= DEPTH || self.files >= FILES {
            let message = format!("more than {DEPTH} files deep, or more than {FILES} files in all, are included");
            return Some(Diagnostic::error(span, message).help("include fewer"));
        }
        None
    }
}

/// The lines of a file as they are handed to the crate.
struct Script {
    lines: Vec<String>,
}

impl Script {
    fn new(file: &Arc<SourceFile>) -> Self {
        Self { lines: file.text().lines().map(str::to_string).collect() }
    }

    fn replace(&mut self, line: usize, text: String) {
        if let Some(slot) = self.lines.get_mut(line - 1) {
            *slot = text;
        }
    }

    /// Turns a record into lines of space, so that the lines after it keep their numbers; of a record of no known kind,
    /// all lines up to an empty one.
    fn take_out(&mut self, stretch: &Stretch, unknown: bool) {
        let rest = self.lines.iter().skip(stretch.last).take_while(|line| unknown && !line.is_empty()).count();
        for line in stretch.first..=stretch.last + rest {
            self.replace(line, " ".into());
        }
    }

    fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

fn not_a_node(file: &Arc<SourceFile>, line: usize, node: &str, cause: &str) -> Diagnostic {
    let (message, help) = cause.split_once(": ").or_else(|| cause.split_once(", ")).unwrap_or((cause, ""));
    let place = fault::word(file, line, node);
    let session = format!("for a session of this name write `connection pg {node}`");
    let error = Diagnostic::error(&place, message);
    if node.contains('.') { error.help(help) } else { error.help(help).help(session) }
}

fn many_nodes(file: &Arc<SourceFile>, line: usize, node: &str) -> Diagnostic {
    Diagnostic::error(&fault::word(file, line, node), format!("a connection is to one node, `{node}` is several"))
        .help("name one node: `pg`, `pg.apj`, `mongo`")
}

fn lines(file: &Arc<SourceFile>, stretch: &Stretch) -> Span {
    Span::new(file, Span::of_line(file, stretch.first).start, Span::of_line(file, stretch.last).end)
}

/// A connection as an author writes it.
fn shown((selector, session): &Place) -> String {
    session.as_ref().map_or(selector.to_string(), |session| format!("{selector} {session}"))
}

/// `name` as seen from the folder of the file `from`, without `.` and with `..` resolved where a folder comes before it.
fn joined(from: &str, name: &str) -> String {
    let mut path = PathBuf::new();
    for part in Path::new(from).parent().unwrap_or(Path::new("")).join(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn an_included_name_is_relative_to_its_file() {
        assert_eq!(joined("scenarios/a/b.slt", "c.slt"), "scenarios/a/c.slt");
        assert_eq!(joined("scenarios/a/b.slt", "../c.slt"), "scenarios/c.slt");
        assert_eq!(joined("b.slt", "./c.slt"), "c.slt");
        assert_eq!(joined("../b.slt", "../c.slt"), "../../c.slt");
    }
}
