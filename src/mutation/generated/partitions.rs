//! Mutants of partitions: one is detached or dropped, a bound is moved by the smallest step, a value is taken from a list.

use std::collections::BTreeMap;

use super::change::Change;
use crate::catalog::Partition;
use crate::model::NodeName;

/// Every change to these partitions.
pub fn changes(peer: &NodeName, partitions: &[Partition]) -> Vec<Change> {
    let mut changes = vec![];
    for partition in partitions {
        let (parent, table) = (&partition.parent, &partition.table);
        let name = table.replace('"', "");
        let detach = format!("ALTER TABLE {parent} DETACH PARTITION {table}");
        changes.push(Change::sql(peer, parent, &name, "detach", detach));
        changes.push(Change::sql(peer, parent, &name, "drop_partition", format!("DROP TABLE {table}")));
        changes.extend(fewer_values(peer, partition));
    }
    let mut parents: BTreeMap<&str, Vec<&Partition>> = BTreeMap::new();
    for partition in partitions {
        parents.entry(&partition.parent).or_default().push(partition);
    }
    changes.extend(parents.values().flat_map(|siblings| moved_bounds(peer, siblings)));
    changes
}

/// A list partition of several values without one of them.
fn fewer_values(peer: &NodeName, partition: &Partition) -> Vec<Change> {
    let Some(list) = partition.bound.strip_prefix("FOR VALUES IN (").and_then(|rest| rest.strip_suffix(')')) else {
        return vec![];
    };
    let values = items(list);
    if values.len() < 2 {
        return vec![];
    }
    let without = |value: &&str| {
        let left: Vec<&str> = values.iter().filter(|other| *other != value).copied().collect();
        let text = again(&[(partition, format!("FOR VALUES IN ({})", left.join(", ")))]);
        let how = format!("without_{}", value.trim_matches('\''));
        Change::sql(peer, &partition.parent, &partition.table.replace('"', ""), &how, text)
    };
    values.iter().map(without).collect()
}

/// Each value at which a partition begins or ends, moved up and down in every partition that has it, so that none overlap.
fn moved_bounds(peer: &NodeName, siblings: &[&Partition]) -> Vec<Change> {
    let ranges: Vec<(&Partition, Range)> =
        siblings.iter().filter_map(|partition| Some((*partition, Range::read(&partition.bound)?))).collect();
    let mut bounds: Vec<&str> = vec![];
    for bound in ranges.iter().flat_map(|(_, range)| [range.from, range.to]) {
        if !bounds.contains(&bound) {
            bounds.push(bound);
        }
    }
    let mut changes = vec![];
    for bound in bounds {
        for (up, how) in [(true, "moved_up"), (false, "moved_down")] {
            let Some(moved) = siblings[0].key_type.as_deref().and_then(|kind| moved(bound, kind, up)) else { continue };
            let touched: Vec<_> = ranges
                .iter()
                .filter(|(_, range)| range.from == bound || range.to == bound)
                .map(|(partition, range)| (*partition, range.with(bound, &moved)))
                .collect();
            let thing = format!("bound_{}", bound.trim_matches('\''));
            let words = touched.iter().map(|(partition, _)| partition.table.replace('"', ""));
            let change = Change::sql(peer, &siblings[0].parent, &thing, how, again(&touched));
            changes.push(change.mentioning(words.chain([bound.trim_matches('\'').to_string()])));
        }
    }
    changes
}

/// Detaches partitions and attaches them with other bounds.
fn again(partitions: &[(&Partition, String)]) -> String {
    let detach = partitions
        .iter()
        .map(|(partition, _)| format!("ALTER TABLE {} DETACH PARTITION {}", partition.parent, partition.table));
    let attach = partitions.iter().map(|(partition, bound)| {
        format!("ALTER TABLE {} ATTACH PARTITION {} {bound}", partition.parent, partition.table)
    });
    detach.chain(attach).collect::<Vec<_>>().join("; ")
}

/// The bounds of a range partition by one column, as printed.
struct Range<'a> {
    from: &'a str,
    to: &'a str,
}

impl<'a> Range<'a> {
    fn read(bound: &'a str) -> Option<Self> {
        let (from, to) = bound.strip_prefix("FOR VALUES FROM (")?.strip_suffix(')')?.split_once(") TO (")?;
        (items(from).len() == 1 && items(to).len() == 1).then_some(Self { from, to })
    }

    fn with(&self, bound: &str, moved: &str) -> String {
        let put = |value: &str| if value == bound { moved.to_string() } else { value.to_string() };
        format!("FOR VALUES FROM ({}) TO ({})", put(self.from), put(self.to))
    }
}

/// The items of a list of literals; a comma inside of quotes parts nothing.
fn items(list: &str) -> Vec<&str> {
    let (mut found, mut begin, mut quoted) = (vec![], 0, false);
    for (at, c) in list.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                found.push(list[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found.push(list[begin..].trim());
    found
}

/// A bound moved by the smallest step of its type; `None` for MINVALUE, MAXVALUE and types that have no smallest step.
fn moved(bound: &str, kind: &str, up: bool) -> Option<String> {
    let value = bound.trim_matches('\'');
    let moved = match kind {
        "smallint" | "integer" | "bigint" => stepped(value, 0, up)?,
        "date" => {
            let day: jiff::civil::Date = value.parse().ok()?;
            if up { day.tomorrow() } else { day.yesterday() }.ok()?.to_string()
        }
        _ => stepped(value, scale(kind)?, up)?,
    };
    Some(format!("'{moved}'"))
}

/// The scale of `numeric(p,s)`.
fn scale(kind: &str) -> Option<usize> {
    let (_, scale) = kind.strip_prefix("numeric(")?.strip_suffix(')')?.split_once(',')?;
    scale.trim().parse().ok()
}

/// A decimal number one unit of its last place (of `scale` digits) further on.
pub(super) fn stepped(value: &str, scale: usize, up: bool) -> Option<String> {
    let (negative, digits) = value.strip_prefix('-').map_or((false, value), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > scale {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    let units = if negative { -units } else { units } + if up { 1 } else { -1 };
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    Some(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_moved_by_a_unit_of_its_last_place() {
        assert_eq!(stepped("100.01", 2, true).as_deref(), Some("100.02"));
        assert_eq!(stepped("10", 2, false).as_deref(), Some("9.99"));
        assert_eq!(stepped("0", 2, false).as_deref(), Some("-0.01"));
        assert_eq!(stepped("-1", 0, true).as_deref(), Some("0"));
        assert_eq!(stepped("MINVALUE", 0, true), None);
    }

    #[test]
    fn a_day_is_moved_to_its_neighbour() {
        assert_eq!(moved("'2024-02-28'", "date", true).as_deref(), Some("'2024-02-29'"));
        assert_eq!(moved("'2024-01-01'", "date", false).as_deref(), Some("'2023-12-31'"));
    }

    #[test]
    fn a_comma_inside_of_quotes_parts_nothing() {
        assert_eq!(items("'a, b', NULL, 'it''s'"), ["'a, b'", "NULL", "'it''s'"]);
    }
}
