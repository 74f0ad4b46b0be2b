//! What changes from run to run, or must not be seen, becomes a name: ports, folders, passwords, databases of copies,
//! ObjectIds, and what the settings' own expressions match.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regex::{Captures, Regex};

use crate::model::Redaction;
use crate::source::Diagnostic;
use crate::verdict::{Diff, Evidence, Place};

/// Replaces by name. One for each run of a scenario: ObjectIds are numbered by their first appearance in it. The default
/// replaces nothing.
#[derive(Default)]
pub struct Redactor {
    fixed: Option<Fixed>,
    ports: Vec<(Regex, String)>,
    patterns: Vec<(Regex, String)>,
    ids: Option<Regex>,
    seen: Mutex<HashMap<String, usize>>,
}

struct Fixed {
    any: Regex,
    names: HashMap<String, String>,
}

impl Redactor {
    /// `fixed` are values and their names: `("s3cret", "password")` makes `<password>`. They are replaced wherever they are,
    /// longest first, also where they are escaped for JSON or a URL. Only a value whose name begins with `port` needs a
    /// host and a colon or the word `port` before it, because any number could be a port.
    ///
    /// # Errors
    /// When a pattern of the settings is not a regular expression.
    pub fn new(fixed: Vec<(String, String)>, patterns: &[Redaction]) -> Result<Self, Diagnostic> {
        let (ports, fixed): (Vec<_>, Vec<_>) =
            fixed.into_iter().filter(|(value, _)| !value.is_empty()).partition(|(_, name)| name.starts_with("port"));
        Ok(Self {
            fixed: fixed_values(fixed),
            ports: ports.iter().filter_map(|(value, name)| Some((port(value)?, format!("<{name}>")))).collect(),
            patterns: patterns.iter().map(pattern).collect::<Result<_, _>>()?,
            ids: Regex::new(r"ObjectId\('([0-9a-f]{24})'\)").ok(),
            seen: Mutex::default(),
        })
    }

    /// The text with everything replaced that has a name.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.apply_named(text)
    }

    /// The same of a message of MongoDB, in which an ObjectId is told from other digits by its notation.
    pub(super) fn apply_message<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = self.apply_named(text);
        if let Some(ids) = &self.ids {
            replace(&mut text, ids, |found| format!("ObjectId('{}')", self.id(&found[1])));
        }
        text
    }

    /// The name of an ObjectId: `<oid:1>` for the first that appears.
    pub(super) fn id(&self, digits: &str) -> String {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let next = seen.len() + 1;
        format!("<oid:{}>", seen.entry(digits.to_string()).or_insert(next))
    }

    /// Takes secrets and what the settings name out of everything that a report shows. ObjectIds stay: they help there.
    pub fn redact_evidence(&self, evidence: &mut Evidence) {
        let replace = |text: &mut String| {
            if let Cow::Owned(redacted) = self.apply_named(text) {
                *text = redacted;
            }
        };
        replace(&mut evidence.message);
        let parts = [&mut evidence.node, &mut evidence.code, &mut evidence.expected, &mut evidence.actual];
        parts.into_iter().flatten().for_each(replace);
        evidence.notes.iter_mut().for_each(replace);
        if let Some(Place { excerpt, .. }) = &mut evidence.place {
            excerpt.iter_mut().for_each(|(_, line)| replace(line));
        }
        if let Some(diff) = &mut evidence.diff {
            self.redact_diff(diff);
        }
    }

    fn redact_diff(&self, diff: &mut Diff) {
        if let Some(Cow::Owned(header)) = diff.header.as_deref().map(|header| self.apply_named(header)) {
            diff.header = Some(header);
        }
        for line in &mut diff.lines {
            if let Cow::Owned(redacted) = self.apply_named(&line.text) {
                line.text = redacted;
                // The marks count characters of the text that is gone.
                line.marks.clear();
            }
        }
    }

    fn apply_named<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        if let Some(fixed) = &self.fixed {
            replace(&mut text, &fixed.any, |found| fixed.names.get(&found[0]).cloned().unwrap_or_default());
        }
        for (port, name) in &self.ports {
            replace(&mut text, port, |found| format!("{}{name}", &found[1]));
        }
        for (pattern, name) in &self.patterns {
            replace(&mut text, pattern, |_| name.clone());
        }
        text
    }
}

fn replace(text: &mut Cow<str>, regex: &Regex, name: impl Fn(&Captures) -> String) {
    if regex.is_match(text) {
        *text = Cow::Owned(regex.replace_all(text, name).into_owned());
    }
}

fn fixed_values(fixed: Vec<(String, String)>) -> Option<Fixed> {
    let mut names = HashMap::new();
    for (value, name) in fixed {
        for form in [url_form(&value), json_form(&value), value] {
            names.insert(form, format!("<{name}>"));
        }
    }
    let mut values: Vec<&String> = names.keys().collect();
    values.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
    let alternatives = values.iter().map(|value| regex::escape(value)).collect::<Vec<_>>().join("|");
    let any = if values.is_empty() { None } else { Regex::new(&alternatives).ok() };
    any.map(|any| Fixed { any, names })
}

fn json_form(value: &str) -> String {
    let json = serde_json::Value::from(value).to_string();
    json[1..json.len() - 1].to_string()
}

/// As it stands in a connection URL (RFC 3986, 2.1).
fn url_form(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    value.bytes().map(byte).collect()
}

fn port(value: &str) -> Option<Regex> {
    Regex::new(&format!(r#"([A-Za-z0-9.\]]:|\b(?i:port)\W{{1,4}}){}\b"#, regex::escape(value))).ok()
}

fn pattern(redaction: &Redaction) -> Result<(Regex, String), Diagnostic> {
    Regex::new(&redaction.pattern.value).map(|regex| (regex, format!("<{}>", redaction.name))).map_err(|error| {
        Diagnostic::error(&redaction.pattern.span, format!("not a regular expression: {error}"))
            .help("Expressions are those of the `regex` crate: without look-around and back-references.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::testing::spanned;
    use crate::verdict::{DiffLine, DiffSide};

    fn redactor(fixed: &[(&str, &str)]) -> Redactor {
        Redactor::new(fixed.iter().map(|(value, name)| (value.to_string(), name.to_string())).collect(), &[]).unwrap()
    }

    #[test]
    fn the_longest_value_is_replaced_first() {
        let redactor = redactor(&[("/tmp/x", "folder"), ("/tmp/x/data", "data"), ("", "nothing")]);
        assert_eq!(redactor.apply("/tmp/x/data and /tmp/x/log"), "<data> and <folder>/log");
        assert!(matches!(redactor.apply("nothing of it"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_is_found_inside_words_urls_and_json() {
        let redactor = redactor(&[("p@ss\"w", "password")]);
        assert_eq!(redactor.apply("xp@ss\"wx"), "x<password>x");
        assert_eq!(redactor.apply("postgres://u:p%40ss%22w@h"), "postgres://u:<password>@h");
        assert_eq!(redactor.apply(r#"{"a":"p@ss\"w"}"#), r#"{"a":"<password>"}"#);
    }

    #[test]
    fn a_port_is_replaced_where_it_is_a_port_and_not_where_it_is_a_number() {
        let redactor = redactor(&[("54321", "port.apj")]);
        assert_eq!(
            redactor.apply("127.0.0.1:54321, [::1]:54321, port 54321, port=54321"),
            "127.0.0.1:<port.apj>, [::1]:<port.apj>, port <port.apj>, port=<port.apj>"
        );
        for data in ["54321", "154321", "host:543210", r#"{"id":54321}"#, "report 54321", "a = 54321"] {
            assert_eq!(redactor.apply(data), data);
        }
    }

    #[test]
    fn object_ids_are_numbered_by_their_first_appearance() {
        let redactor = redactor(&[]);
        let (one, other) = ("65a0b1c2d3e4f5a6b7c8d9e0", "65a0b1c2d3e4f5a6b7c8d9e1");
        assert_eq!(
            (redactor.id(one), redactor.id(other), redactor.id(one)),
            ("<oid:1>".into(), "<oid:2>".into(), "<oid:1>".into())
        );
        let message = format!("dup key: {{ _id: ObjectId('{other}') }} of {one}");
        assert_eq!(redactor.apply_message(&message), format!("dup key: {{ _id: ObjectId('<oid:2>') }} of {one}"));
    }

    #[test]
    fn text_that_looks_like_an_object_id_stays() {
        let redactor = redactor(&[]);
        for text in ["65a0b1c2d3e4f5a6b7c8d9e0", r#"{"$oid":"65a0b1c2d3e4f5a6b7c8d9e0"}"#, "650000000000000000000000"] {
            assert_eq!(redactor.apply(text), text);
        }
    }

    #[test]
    fn patterns_of_the_settings_get_their_names_and_bad_ones_their_place() {
        let rule = |pattern: &str| Redaction { pattern: spanned(pattern.to_string(), 7), name: "time".into() };
        let redactor = Redactor::new(vec![], &[rule(r"\d\d:\d\d")]).unwrap();
        assert_eq!(redactor.apply("at 10:30"), "at <time>");
        let error = Redactor::new(vec![], &[rule("(")]).err().unwrap();
        assert_eq!(error.span.unwrap().line_column().0, 7);
    }

    #[test]
    fn no_part_of_evidence_keeps_a_secret() {
        let secret = || Some("a hunter2 b".to_string());
        let line = DiffLine { side: DiffSide::Extra, text: "a hunter2 b".into(), marks: vec![(2, 9)] };
        let mut evidence = Evidence {
            message: "hunter2".into(),
            place: Some(Place { excerpt: vec![(1, "hunter2".into())], ..Place::default() }),
            node: secret(),
            code: secret(),
            expected: secret(),
            actual: secret(),
            diff: Some(Diff { header: secret(), lines: vec![line], omitted: 0 }),
            notes: vec!["hunter2".into()],
            ..Evidence::default()
        };
        redactor(&[("hunter2", "password")]).redact_evidence(&mut evidence);
        assert!(!format!("{evidence:?}").contains("hunter2"), "{evidence:?}");
        assert!(evidence.diff.unwrap().lines[0].marks.is_empty());
    }
}
