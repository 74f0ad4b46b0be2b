//! Decodes the columns of `generate`.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::decoder::Decoder;
use super::generate::braces;
use super::keys_generate::KINDS;
use super::tree::{Entry, Node, NodeKind};
use crate::model::{Datum, Engine, GeneratedColumn, Kind, Sequence};
use crate::source::{Diagnostic, Span, Spanned};

/// The whole numbers that `integer` alone makes.
const INTEGERS: (i64, i64) = (0, 999_999);

impl Decoder<'_> {
    /// The columns of a mapping, for an engine, written or hidden.
    pub(super) fn generated_columns(&mut self, node: &Node, of: (Engine, bool)) -> Vec<GeneratedColumn> {
        let mut columns = vec![];
        for entry in node.entries() {
            if entry.key.contains(['\0', '{', '}']) || entry.key.is_empty() {
                self.sink.error(&entry.key.span, "this cannot be the name of a column");
            }
            columns.extend(self.generated_column(entry, of));
        }
        columns
    }

    fn generated_column(&mut self, entry: &Entry, (engine, hidden): (Engine, bool)) -> Option<GeneratedColumn> {
        let node = &entry.value;
        let kind = match node.scalar() {
            Some(word) => plain(&word)?,
            None => {
                let kind = node.entries().iter().find(|entry| KINDS.contains(&entry.key.as_str()))?;
                self.kind(kind, engine)?
            }
        };
        let null_share = self.share(node.get("null_share"));
        let per = node.scalar_of("per");
        if let Some(per) = per.as_ref().filter(|_| !kind.is_drawn()) {
            let error = Diagnostic::error(&per.span, "`per` has no meaning here: nothing is drawn");
            self.sink.push(error.help("it belongs beside a random value"));
        }
        Some(GeneratedColumn { name: entry.key.clone(), hidden, kind, per, null_share, span: node.head.clone() })
    }

    fn share(&mut self, node: Option<&Node>) -> f64 {
        let Some(text) = node.and_then(Node::scalar) else { return 0.0 };
        match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => share,
            _ => {
                self.sink.push(Diagnostic::error(&text.span, "this is not a share").help("a share is from 0 to 1"));
                0.0
            }
        }
    }

    fn kind(&mut self, entry: &Entry, engine: Engine) -> Option<Kind> {
        let node = &entry.value;
        Some(match entry.key.as_str() {
            "sequence" => self.sequence(node)?,
            "position" => Kind::Position(node.scalar()?),
            "kind" => plain(&node.scalar()?)?,
            "email" => Kind::Email(Some(node.scalar()?)),
            "one_of" => self.one_of(node)?,
            "edge_values" => Kind::InOrder(self.edge_values(node, Some(engine))?),
            "map" => Kind::Map { by: node.scalar_of("by")?, values: self.map(node.get("is")?) },
            "integer" => Kind::Number { ranges: vec![self.range(node, 0)?], decimals: 0 },
            "number" => self.number(node)?,
            "date" => {
                let (from, to) = self.times(node, day)?;
                Kind::Date(from, to)
            }
            "timestamp" => {
                let (from, to) = self.times(node, moment)?;
                Kind::Timestamp(from, to.max(from.saturating_add(1)))
            }
            "after" => Kind::After { date: node.scalar_of("date")?, days: self.range(node.get("days")?, 0)? },
            "ref" => Kind::Ref(node.scalar()?),
            _ => self.text(&node.scalar()?)?,
        })
    }

    fn text(&mut self, text: &Spanned<String>) -> Option<Kind> {
        match braces(text) {
            Ok(parts) => Some(Kind::Text(parts)),
            Err(error) => {
                self.sink.push(error);
                None
            }
        }
    }

    fn sequence(&mut self, node: &Node) -> Option<Kind> {
        if !matches!(node.kind, NodeKind::Mapping(_)) {
            let from = Some(self.value(node));
            return Some(Kind::Sequence(Sequence { from, step: 1, repeat: vec![], of: None }));
        }
        let step = node.scalar_of("step").map_or(Some(1), |step| self.scaled(&step, 0))?;
        let repeat = node.get("repeat").map(Node::items).unwrap_or_default();
        if let Some(zero) = repeat.iter().find(|times| times.scalar().is_some_and(|times| *times == "0")) {
            self.sink.error(&zero.head, "each number appears at least once");
            return None;
        }
        let repeat = repeat.iter().filter_map(|times| times.scalar()?.parse().ok()).collect();
        let from = self.value_of(node, "from");
        Some(Kind::Sequence(Sequence { from, step, repeat, of: node.scalar_of("of") }))
    }

    fn one_of(&mut self, node: &Node) -> Option<Kind> {
        let mut values = vec![];
        for entry in node.entries() {
            values.push((Datum::Text(entry.key.value.clone()), entry.value.scalar()?.parse().unwrap_or(u32::MAX)));
        }
        for item in node.items() {
            values.push((self.literal(item), 1));
        }
        if values.iter().all(|(_, weight)| *weight == 0) {
            self.sink.error(&node.head, "no value has a weight above 0");
            return None;
        }
        Some(Kind::OneOf(values))
    }

    fn map(&mut self, node: &Node) -> Vec<(String, Datum)> {
        node.entries().iter().map(|entry| (entry.key.value.clone(), self.literal(&entry.value))).collect()
    }

    fn literal(&mut self, node: &Node) -> Datum {
        match &node.kind {
            NodeKind::Null => Datum::Null,
            NodeKind::Bool(value) => Datum::Bool(*value),
            NodeKind::Number(number) => Datum::Number(number.clone()),
            NodeKind::Text(text) => Datum::Text(text.clone()),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
                self.sink.push(Diagnostic::error(&node.head, "a value is text, a number, `true`, `false` or null"));
                Datum::Null
            }
        }
    }

    fn number(&mut self, node: &Node) -> Option<Kind> {
        let decimals = node.scalar_of("decimals").map_or(2, |text| text.parse().unwrap_or(u32::MAX));
        if decimals > 9 {
            self.sink.error(&node.get("decimals")?.head, "at most 9 digits are allowed after the point");
            return None;
        }
        let ranges = match node.get("ranges") {
            Some(ranges) => ranges.items().iter().map(|pair| self.pair(pair, decimals)).collect::<Option<_>>()?,
            None => vec![self.range(node, decimals)?],
        };
        Some(Kind::Number { ranges, decimals })
    }

    fn pair(&mut self, node: &Node, decimals: u32) -> Option<(i64, i64)> {
        let [from, to] = node.items() else {
            self.sink.push(Diagnostic::error(&node.head, "a range has two ends").help("write `[10, 100]`"));
            return None;
        };
        let ends = (self.scaled(&from.scalar()?, decimals)?, self.scaled(&to.scalar()?, decimals)?);
        self.ordered(ends, &node.head)
    }

    fn range(&mut self, node: &Node, decimals: u32) -> Option<(i64, i64)> {
        let Some((from, to)) = node.scalar_of("from").zip(node.scalar_of("to")) else {
            if node.get("to").is_none() && node.get("from").is_some() {
                self.sink.push(Diagnostic::error(&node.head, "this range has no end").help("add `to`"));
            }
            return None;
        };
        let ends = (self.scaled(&from, decimals)?, self.scaled(&to, decimals)?);
        self.ordered(ends, &to.span)
    }

    fn ordered(&mut self, ends: (i64, i64), place: &Span) -> Option<(i64, i64)> {
        if ends.0 > ends.1 {
            self.sink.push(Diagnostic::error(place, "this range ends before it begins").help("swap its ends"));
            return None;
        }
        Some(ends)
    }

    /// A number in units of its last decimal.
    fn scaled(&mut self, text: &Spanned<String>, decimals: u32) -> Option<i64> {
        let scaled = scale(text, decimals);
        if scaled.is_none() {
            let wanted = match decimals {
                0 => "a whole number".to_string(),
                _ => format!("a number with at most {decimals} digits after the point"),
            };
            self.sink.push(Diagnostic::error(&text.span, format!("`{}` is not allowed here", text.value)).help(wanted));
        }
        scaled
    }

    fn times(&mut self, node: &Node, read: fn(&str) -> Option<i64>) -> Option<(i64, i64)> {
        let (from, to) = (node.scalar_of("from")?, node.scalar_of("to")?);
        let mut ends = vec![];
        for end in [&from, &to] {
            match read(end) {
                Some(value) => ends.push(value),
                None => {
                    let error = Diagnostic::error(&end.span, format!("`{}` is not a time", end.value));
                    self.sink.push(error.help("write `2024-01-31`; of a timestamp also `2024-01-31T08:00:00Z`"));
                }
            }
        }
        let [from, to_value] = ends[..] else { return None };
        self.ordered((from, to_value), &to.span)
    }
}

impl Kind {
    /// Whether its value is drawn for each row, so that it could be drawn less often.
    fn is_drawn(&self) -> bool {
        !matches!(self, Kind::Sequence(_) | Kind::Position(_) | Kind::Map { .. } | Kind::Ref(_) | Kind::Text(_))
    }
}

fn plain(word: &str) -> Option<Kind> {
    Some(match word {
        "name" => Kind::Name,
        "email" => Kind::Email(None),
        "address" => Kind::Address,
        "phone" => Kind::Phone,
        "company" => Kind::Company,
        "word" => Kind::Word,
        "sentence" => Kind::Sentence,
        "bool" => Kind::Bool,
        "uuid" => Kind::Uuid,
        "object_id" => Kind::ObjectId,
        "sequence" => Kind::Sequence(Sequence { from: None, step: 1, repeat: vec![], of: None }),
        "integer" => Kind::Number { ranges: vec![INTEGERS], decimals: 0 },
        _ => return None,
    })
}

fn scale(text: &str, decimals: u32) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = (decimals as usize).checked_sub(fraction.len())?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| [whole, fraction, &"0".repeat(missing)].concat().parse().ok()).flatten()
}

/// Days since 1970-01-01.
fn day(text: &str) -> Option<i64> {
    let date = Date::from_str(text).ok().filter(|_| text.len() == 10)?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(midnight.as_second().div_euclid(86_400))
}

/// Microseconds since 1970-01-01 UTC.
fn moment(text: &str) -> Option<i64> {
    match day(text) {
        Some(day) => day.checked_mul(86_400_000_000),
        None => Timestamp::from_str(text).ok().map(Timestamp::as_microsecond),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_exactly_or_not_at_all() {
        assert_eq!([scale("100.01", 2), scale("-5", 2), scale("7", 0)], [Some(10_001), Some(-500), Some(7)]);
        assert_eq!([scale("1.005", 2), scale("1e3", 2), scale("99999999999999999999", 0)], [None, None, None]);
    }

    #[test]
    fn days_and_moments_are_counted_from_1970() {
        assert_eq!([day("1970-01-02"), day("2024-02-30"), day("1969-12-31")], [Some(1), None, Some(-1)]);
        assert_eq!(moment("1970-01-01T00:00:01Z"), Some(1_000_000));
    }
}
