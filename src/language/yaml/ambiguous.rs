//! Values that mean one thing and look like another: spellings that YAML 1.1 read otherwise, numbers that no BSON type
//! holds, text that a comment cuts off, and Extended JSON that is none. The author is asked to say which is meant.

use super::core::{Former, former};
use super::decoder::{Decoder, Standing};
use super::tree::{Node, NodeKind};
use crate::language::sink::Sink;
use crate::model::{Binding, TemplatePart, Value, ValueKind, Variables};
use crate::source::{Diagnostic, Span, Spanned};
use crate::variables::{bson, is_extended_json, is_in_reach};

impl Decoder<'_> {
    /// Asks what a scalar means where more than one reading is at hand.
    pub fn ask(&mut self, node: &Node) {
        if let NodeKind::Text(_) = node.kind {
            cut_off(node, false, self.sink);
        }
        let standing = self.standing;
        if let Some(text) = node.plain() {
            self.asked(text, &node.written, standing);
        }
    }

    fn asked(&mut self, text: &str, span: &Span, standing: Standing) {
        let in_document = standing == Standing::Document;
        if let Some(warning) = constructor(text, span).filter(|_| in_document) {
            return self.sink.push(warning);
        }
        if let Some(diagnostic) = former(text).and_then(|former| question(text, former, span, in_document)) {
            self.sink.push(diagnostic);
        } else if in_document {
            number_too_large(text, span).into_iter().for_each(|diagnostic| self.sink.push(diagnostic));
        }
    }

    /// Asks the same of variables that a document uses: only there they are dates, or numbers of BSON.
    pub fn ask_of_variables<'a>(&mut self, bindings: impl IntoIterator<Item = &'a Binding>) {
        for binding in bindings {
            let text = binding.value.span.text().to_string();
            let plain = matches!(binding.value.kind, ValueKind::Text(_) | ValueKind::Number(_))
                && !text.starts_with(['"', '\'', '|', '>']);
            if plain && self.scope.in_documents.contains(&binding.name.value) {
                self.asked(&text, &binding.value.span, Standing::Document);
            }
        }
    }

    /// Says when a mapping that begins with a key of Extended JSON is no value of it. What holds a variable is known later.
    pub fn extended(&mut self, value: &Value) {
        let ValueKind::Mapping(fields) = &value.kind else { return };
        let Some((key, _)) = fields.first().filter(|(key, _)| is_extended_json(key)) else { return };
        if self.standing == Standing::Cell || has_variables(value) {
            return;
        }
        if bson(value, &Variables::new()).is_err() || has_unknown_options(fields) {
            let error = Diagnostic::error(&value.span, format!("this is no `{}` of Extended JSON", key.value));
            self.sink.push(error.help(form(key)));
        }
    }
}

/// ` #` ends plain text: what follows is a comment and is lost. In prose and in statements it always deserves a word,
/// elsewhere only where it touches what follows, as a comment hardly does.
pub(crate) fn cut_off(node: &Node, always: bool, sink: &mut Sink) {
    let Some(comment) = comment_after(node).filter(|comment| always || touches(comment)) else { return };
    let warning = Diagnostic::error(&comment, "YAML takes this for a comment: it is not part of the text").warning();
    sink.push(
        warning
            .help("put the text in quotes, or write it below `|`")
            .help("if it is a comment, put it in a line of its own"),
    );
}

/// The comment behind a plain scalar, in its last line.
fn comment_after(node: &Node) -> Option<Span> {
    let (written, file) = (&node.written, &node.written.file);
    let quoted = written.text().starts_with(['"', '\'', '|', '>']);
    let line = file.text()[written.end..].lines().next().unwrap_or_default();
    let rest = line.trim_start();
    let start = written.end + line.len() - rest.len();
    (!quoted && rest.starts_with('#') && start > written.end)
        .then(|| Span::new(file, start, start + rest.trim_end().len()))
}

/// `#>>`, `#12`.
fn touches(comment: &Span) -> bool {
    comment.text()[1..].starts_with(|c: char| !c.is_whitespace() && c != '#')
}

fn question(text: &str, former: Former, span: &Span, in_document: bool) -> Option<Diagnostic> {
    let quoted = format!("`\"{text}\"` for the text");
    let (message, typed) = match former {
        Former::Bool(truth) => (format!("`{text}` is text here, and a truth value in YAML 1.1"), format!("`{truth}`")),
        Former::LeadingZero => {
            let digits = text.trim_start_matches(['-', '+']).trim_start_matches('0');
            let number = format!(
                "{}{}",
                if text.starts_with('-') { "-" } else { "" },
                if digits.is_empty() { "0" } else { digits }
            );
            (format!("`{text}` is the number {number} here, and octal or text in YAML 1.1"), format!("`{number}`"))
        }
        Former::Number => {
            (format!("`{text}` is text here, and a number in YAML 1.1"), format!("`{}`", plain_digits(text)))
        }
        // A column says by its type what it is compared as.
        Former::Sexagesimal | Former::Date if !in_document => return None,
        Former::Sexagesimal => {
            (format!("`{text}` is text here, and a number to base 60 in YAML 1.1"), format!("`{}`", from_base_60(text)))
        }
        Former::Date => {
            let time = if text.len() == 10 { "T00:00:00Z" } else { "" };
            (
                format!("`{text}` is text here, and a date in YAML 1.1"),
                format!("`{{ $date: \"{}{time}\" }}`", text.replace(' ', "T")),
            )
        }
    };
    let meant = match former {
        Former::Bool(_) => "for the truth value",
        Former::Date => "for a date",
        _ => "for the number",
    };
    Some(
        Diagnostic::error(span, message)
            .warning()
            .label("say which is meant")
            .help(format!("write {quoted}, {typed} {meant}")),
    )
}

/// A number as polyspec reads it: `1_000` without underscores, `0b101` and `-0x1F` in decimal.
fn plain_digits(text: &str) -> String {
    let bare: String = text.chars().filter(|c| *c != '_').collect();
    let unsigned = bare.trim_start_matches(['-', '+']);
    let sign = if bare.starts_with('-') { "-" } else { "" };
    let based = |prefix, base| u128::from_str_radix(unsigned.strip_prefix(prefix)?, base).ok();
    based("0b", 2).or_else(|| based("0x", 16)).map_or(bare.clone(), |value| format!("{sign}{value}"))
}

/// `12:30:45` is 45045; a fraction stays.
fn from_base_60(text: &str) -> String {
    let unsigned = text.trim_start_matches(['-', '+']);
    let (places, fraction) = unsigned.split_once('.').map_or((unsigned, String::new()), |(p, f)| (p, format!(".{f}")));
    let value = places.split(':').fold(0_u128, |value, place| value * 60 + place.parse::<u128>().unwrap_or_default());
    format!("{}{value}{fraction}", if text.starts_with('-') { "-" } else { "" })
}

/// A number of a document that neither an integer of 64 bits nor a double holds as it is written.
fn number_too_large(text: &str, span: &Span) -> Option<Diagnostic> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let double: f64 = text.parse().ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit() || c == '.'))?;
    if double.is_infinite() {
        return Some(too_large(Diagnostic::error(span, format!("`{text}` is greater than every double")), text));
    }
    if is_in_reach(text) == Some(false) {
        return Some(too_large(Diagnostic::error(span, format!("`{text}` is nearer to 0 than every double")), text));
    }
    if !whole || text.parse::<i64>().is_ok() {
        return None;
    }
    // The whole value of a double is written with all its digits.
    let exact = format!("{:.0}", double.abs()) == digits.trim_start_matches('0');
    let error = Diagnostic::error(span, format!("`{text}` fits no integer of 64 bits"));
    Some(match exact {
        true => too_large(error.label("it becomes a double").warning(), text),
        false => too_large(error.label("as a double it would lose digits"), text),
    })
}

fn too_large(diagnostic: Diagnostic, text: &str) -> Diagnostic {
    let diagnostic = diagnostic.help(format!("write `{{ $numberDecimal: \"{text}\" }}`, or `\"{text}\"` for the text"));
    match diagnostic.severity {
        crate::source::Severity::Warning => diagnostic.help(format!("for a double, `{{ $numberDouble: \"{text}\" }}`")),
        crate::source::Severity::Error => diagnostic,
    }
}

/// What MongoDB's shell calls, and how it is written here.
const CONSTRUCTORS: &[(&str, &str)] = &[
    ("ObjectId", "{ $oid: \"507f1f77bcf86cd799439011\" }"),
    ("ISODate", "{ $date: \"2024-01-31T00:00:00Z\" }"),
    ("Date", "{ $date: \"2024-01-31T00:00:00Z\" }"),
    ("new Date", "{ $date: \"2024-01-31T00:00:00Z\" }"),
    ("NumberInt", "{ $numberInt: \"1\" }"),
    ("Int32", "{ $numberInt: \"1\" }"),
    ("NumberLong", "{ $numberLong: \"1\" }"),
    ("Long", "{ $numberLong: \"1\" }"),
    ("NumberDecimal", "{ $numberDecimal: \"1.50\" }"),
    ("Decimal128", "{ $numberDecimal: \"1.50\" }"),
    ("UUID", "{ $uuid: \"73ffd264-44b3-4c69-90e8-e7d1dfc035d4\" }"),
    ("BinData", "{ $binary: { base64: \"AQID\", subType: \"00\" } }"),
    ("Timestamp", "{ $timestamp: { t: 1, i: 1 } }"),
];

/// `ObjectId("…")` is JavaScript, and a mere text here.
fn constructor(text: &str, span: &Span) -> Option<Diagnostic> {
    let (name, _) = text.strip_suffix(')')?.split_once('(')?;
    let (_, form) = CONSTRUCTORS.iter().find(|(known, _)| *known == name)?;
    let warning = Diagnostic::error(span, format!("`{name}(…)` is a text here")).warning();
    Some(warning.help(format!("write `{form}`; if a text is meant, put it in quotes")))
}

/// Keys of Extended JSON that hardly anyone means as a field when they are spelled nearly so.
const NUMBERS: [&str; 4] = ["$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"];

/// `$numberlong`, `numberLong`: a field of a document, and no value of Extended JSON.
pub(crate) fn nearly_extended(key: &Spanned<String>) -> Option<Diagnostic> {
    let dollar = format!("${}", key.trim_start_matches('$'));
    let near = NUMBERS.iter().find(|known| known.eq_ignore_ascii_case(&dollar) && **known != key.as_str())?;
    let warning = Diagnostic::error(&key.span, format!("`{}` is a field of a document here", key.value)).warning();
    Some(warning.help(format!("did you mean `{near}`?")))
}

/// Options of `$regularExpression` are some of `ilmsux` (BSON 1.1, "Regular expression").
fn has_unknown_options(fields: &[(Spanned<String>, Value)]) -> bool {
    let Some((_, Value { kind: ValueKind::Mapping(parts), .. })) =
        fields.first().filter(|(key, _)| key.as_str() == "$regularExpression")
    else {
        return false;
    };
    let options = parts.iter().find(|(key, _)| key.as_str() == "options");
    options.is_some_and(|(_, value)| match &value.kind {
        ValueKind::Text(text) => text.as_literal().is_some_and(|text| !text.chars().all(|c| "ilmsux".contains(c))),
        _ => true,
    })
}

/// Nothing behind a colon is NULL, which hardly anyone means who does not write it.
pub(crate) fn nothing(key: &Span, node: &Node, sink: &mut Sink) {
    if matches!(node.kind, NodeKind::Null) && node.plain() == Some("") {
        let warning = Diagnostic::error(key, "nothing follows this key: its value is null").warning();
        sink.push(warning.help("write the value; if null is meant, write `null`"));
    }
}

fn has_variables(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Text(template) => template.parts.iter().any(|part| matches!(part, TemplatePart::Variable { .. })),
        ValueKind::Sequence(items) => items.iter().any(has_variables),
        ValueKind::Mapping(fields) => fields.iter().any(|(key, value)| key.starts_with("$$") || has_variables(value)),
        _ => false,
    }
}

/// How a value of Extended JSON is written.
fn form(key: &str) -> String {
    match key {
        "$oid" => "write 24 hexadecimal digits: `{ $oid: \"507f1f77bcf86cd799439011\" }`",
        "$date" => "write a time with its offset and at most milliseconds, or milliseconds since 1970: `{ $date: \"2024-01-31T00:00:00Z\" }`, `{ $date: { $numberLong: \"0\" } }`",
        "$numberInt" => "write a whole number of 32 bits: `{ $numberInt: \"1\" }`",
        "$numberLong" => "write a whole number of 64 bits: `{ $numberLong: \"1\" }`",
        "$numberDouble" => "write a number that a double holds: `{ $numberDouble: \"1.5\" }`, `NaN`, `Infinity` or `-Infinity`",
        "$numberDecimal" => "write a number of at most 34 digits: `{ $numberDecimal: \"1.50\" }`",
        "$uuid" => "write `{ $uuid: \"73ffd264-44b3-4c69-90e8-e7d1dfc035d4\" }`",
        "$binary" => "write `{ $binary: { base64: \"AQID\", subType: \"00\" } }`",
        "$timestamp" => "write `{ $timestamp: { t: 1, i: 1 } }`",
        "$regularExpression" => "write `{ $regularExpression: { pattern: \"^a\", options: i } }`, with options `i`, `m`, `s`, `u` and `x`",
        "$minKey" | "$maxKey" => return format!("write `{{ {key}: 1 }}`"),
        "$undefined" => "write `{ $undefined: true }`",
        "$symbol" => "write `{ $symbol: a }`",
        "$code" => "write `{ $code: \"function() { … }\" }`, and `$scope` beside it",
        "$dbPointer" => "write `{ $dbPointer: { $ref: orders, $id: { $oid: \"507f1f77bcf86cd799439011\" } } }`",
        _ => return format!("`{key}` is a key of Extended JSON: see the manual of MongoDB for its form"),
    }
    .into()
}
