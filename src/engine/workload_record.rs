//! The record of a workload: every operation with its outcome, and what is made of that.

use std::collections::BTreeMap;
use std::time::Duration;

use bson::{Bson, Document, doc};

use crate::judge::RECORDED;
use crate::model::{Datum, Variables, Workload};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// All its steps held.
    Ok,
    /// It did not take place.
    Failed,
    /// It may have taken place: no reply came, or one that leaves it open.
    Unknown,
}

/// An operation that is over.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The client and its node.
    pub who: String,
    /// The number of the operation, from 1; no two of a workload have the same.
    pub number: usize,
    /// The index into the mix.
    pub operation: usize,
    /// How it ended.
    pub fate: Fate,
    /// Why it did not succeed.
    pub cause: Option<String>,
    /// The key of what it wrote.
    pub key: Option<String>,
    /// How many times it was tried.
    pub tries: usize,
    /// When it began, counted from the beginning of the workload.
    pub begun: Duration,
    /// When it ended.
    pub ended: Duration,
}

/// All operations of a workload.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// In no particular order.
    pub entries: Vec<Entry>,
}

impl Record {
    /// How many succeeded.
    pub fn succeeded(&self) -> usize {
        self.count(|entry| entry.fate == Fate::Ok)
    }

    /// Why operations did not succeed, the most frequent cause first.
    pub fn causes(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.entries.iter().filter_map(|entry| entry.cause.as_deref()).for_each(|cause| {
            *counts.entry(cause).or_default() += 1;
        });
        let mut causes: Vec<_> = counts.into_iter().map(|(cause, count)| (cause.to_string(), count)).collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        causes
    }

    /// From the beginning to the end of the last operation.
    pub fn elapsed(&self) -> Duration {
        self.entries.iter().map(|entry| entry.ended).max().unwrap_or_default()
    }

    /// The counts as a document: `ok`, `failed`, `unknown` and `retried` (tried more than once); the first three of each
    /// operation as `order.ok`, so that an expectation may name some of them, and under `mix` for `save`; the `causes` of what
    /// did not succeed; the `seed`.
    pub fn summary(&self, workload: &Workload) -> Document {
        let mut summary = self.fates(|_| true);
        summary.insert("retried", whole(self.count(|entry| entry.tries > 1)));
        let mut mix = Document::new();
        for (at, operation) in workload.mix.iter().enumerate() {
            let fates = self.fates(|entry| entry.operation == at);
            for (fate, count) in &fates {
                summary.insert(format!("{}.{fate}", operation.name.value), count);
            }
            mix.insert(operation.name.value.clone(), fates);
        }
        summary.insert("mix", mix);
        let causes: Vec<Document> =
            self.causes().into_iter().map(|(cause, count)| doc! { "cause": cause, "count": whole(count) }).collect();
        summary.insert("causes", causes);
        summary.insert("seed", workload.seed.to_string());
        summary
    }

    /// Adds the recorded keys to what earlier workloads have recorded.
    pub fn keep(&self, seed: u64, variables: &mut Variables) {
        if self.entries.iter().all(|entry| entry.key.is_none()) {
            return;
        }
        let mut kept = match variables.remove(RECORDED) {
            Some(Datum::Bson(Bson::Document(kept))) => kept,
            _ => Document::new(),
        };
        for (list, fate) in [("acknowledged", Fate::Ok), ("unknown", Fate::Unknown)] {
            let mut entries = kept.get_array(list).cloned().unwrap_or_default();
            let ended_so = self.entries.iter().filter(|entry| entry.fate == fate);
            entries.extend(ended_so.filter_map(|entry| told(entry, seed)));
            kept.insert(list, entries);
        }
        variables.insert(RECORDED.into(), Datum::Bson(Bson::Document(kept)));
    }

    fn fates(&self, of: impl Fn(&Entry) -> bool) -> Document {
        let count = |fate| whole(self.count(|entry| of(entry) && entry.fate == fate));
        doc! { "ok": count(Fate::Ok), "failed": count(Fate::Failed), "unknown": count(Fate::Unknown) }
    }

    fn count(&self, is: impl Fn(&Entry) -> bool) -> usize {
        self.entries.iter().filter(|entry| is(entry)).count()
    }
}

fn told(entry: &Entry, seed: u64) -> Option<Bson> {
    let key = entry.key.as_ref()?;
    let (begun, ended) = (entry.begun.as_secs_f64(), entry.ended.as_secs_f64());
    let by = format!(
        "{} as operation {}, begun at {begun:.3} s, answered at {ended:.3} s, at try {}, seed {seed}",
        entry.who, entry.number, entry.tries
    );
    Some(Bson::Document(doc! { "key": key, "by": by }))
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: usize, fate: Fate, key: Option<&str>) -> Entry {
        let cause = (fate != Fate::Ok).then(|| "112 WriteConflict".to_string());
        let key = key.map(str::to_string);
        let (begun, ended) = (Duration::ZERO, Duration::from_millis(5));
        Entry { who: "client 1".into(), number, operation: 0, fate, cause, key, tries: 1, begun, ended }
    }

    #[test]
    fn keys_of_several_workloads_are_kept_together_and_those_of_failures_are_not() {
        let mut variables = Variables::new();
        for key in ["a", "b"] {
            let entries = vec![entry(1, Fate::Ok, Some(key)), entry(2, Fate::Failed, Some("x"))];
            Record { entries }.keep(7, &mut variables);
        }
        let Some(Datum::Bson(Bson::Document(kept))) = variables.get(RECORDED) else { panic!("nothing was kept") };
        assert_eq!(kept.get_array("acknowledged").unwrap().len(), 2);
        assert_eq!(kept.get_array("unknown").unwrap().len(), 0);
    }

    #[test]
    fn causes_are_counted() {
        let entries = vec![entry(1, Fate::Failed, None), entry(2, Fate::Unknown, None), entry(3, Fate::Ok, None)];
        let record = Record { entries };
        assert_eq!(record.causes(), [("112 WriteConflict".to_string(), 2)]);
        assert_eq!(record.succeeded(), 1);
    }
}
