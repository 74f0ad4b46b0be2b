//! Faults of pipelines: a stage left out or moved, an order turned round, a field lost or exchanged.

use super::said::{Said, Wrong};
use super::tree::{self, Hop, Path, as_number, as_text, entries, get, items, with};
use crate::model::{Value, ValueKind};

/// Every fault of the pipeline of a command.
pub(super) fn wrong(command: &Value) -> Vec<Wrong> {
    let Some(pipeline) = get(command, "pipeline") else { return vec![] };
    let stages = items(pipeline);
    let place = |at: usize| vec![Hop::Key("pipeline".into()), Hop::Item(at)];
    let mut found = vec![];
    for (at, stage) in stages.iter().enumerate() {
        let Some((name, inner)) = entries(stage).into_iter().next() else { continue };
        let says = format!("stage {} {name} is left out", at + 1);
        found.push((said("a stage is left out", says), with(command, &place(at), None)));
        if let Some((next, _)) = stages.get(at + 1).and_then(|next| entries(next).into_iter().next()) {
            found.push((said("stages are exchanged", format!("stage {} {name} follows {next}", at + 1)), {
                let mut moved = stages.to_vec();
                moved.swap(at, at + 1);
                let moved = tree::of(&pipeline.span, ValueKind::Sequence(moved));
                with(command, &[Hop::Key("pipeline".into())], Some(moved))
            }));
        }
        let way = [place(at), vec![Hop::Key(name.into())]].concat();
        found.extend(of_stage(command, &way, name, inner));
    }
    found
}

fn said(kind: &'static str, says: String) -> Said {
    Said { kind, says }
}

fn of_stage(command: &Value, way: &Path, name: &str, stage: &Value) -> Vec<Wrong> {
    match name {
        "$sort" => sorts(command, way, stage),
        "$project" | "$set" | "$addFields" => projections(command, way, stage),
        "$group" => groups(command, way, stage),
        "$lookup" => lookups(command, way, stage),
        "$unwind" => {
            let kept = tree::of(&stage.span, ValueKind::Bool(true));
            let whole = tree::mapping(&stage.span, vec![("path", stage.clone()), ("preserveNullAndEmptyArrays", kept)]);
            let is_path = as_text(stage).is_some();
            let says = said("an unwind keeps what is empty", "$unwind keeps what is empty".into());
            is_path.then(|| (says, with(command, way, Some(whole)))).into_iter().collect()
        }
        _ => vec![],
    }
}

fn below(way: &Path, key: &str) -> Path {
    [way.clone(), vec![Hop::Key(key.into())]].concat()
}

fn sorts(command: &Value, way: &Path, sort: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (key, value) in entries(sort) {
        if let Some(direction) = as_number(value) {
            let other = tree::number(&value.span, -direction);
            let says = said("an order is turned round", format!("$sort by {key} is turned round"));
            found.push((says, with(command, &below(way, key), Some(other))));
        }
        if entries(sort).len() > 1 {
            let says = said("an order is less", format!("$sort by {key} is left out"));
            found.push((says, with(command, &below(way, key), None)));
        }
    }
    found
}

fn projections(command: &Value, way: &Path, fields: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    let all = entries(fields);
    for (at, (key, value)) in all.iter().enumerate() {
        let kept = as_number(value) != Some(0);
        let says = if kept { format!("{key} is left out") } else { format!("{key} is shown") };
        if all.len() > 1 {
            found.push((said("a field is left out", says), with(command, &below(way, key), None)));
        }
        // `1` is the field itself.
        let others = all[at + 1..].iter().chain(&all[..at]).filter(|(_, other)| as_number(other) != Some(0));
        if let (true, Some((other, _))) = (kept, others.into_iter().next()) {
            let path = get(fields, other).filter(|value| as_text(value).is_some()).cloned();
            let path = path.unwrap_or_else(|| tree::text(&fields.span, &format!("${other}")));
            let says = said("a field is its neighbour", format!("{key} is {other}"));
            found.push((says, with(command, &below(way, key), Some(path))));
        }
    }
    found
}

fn groups(command: &Value, way: &Path, group: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (key, value) in entries(group) {
        if key == "_id" {
            let says = said("a group is one for all", "$group makes one group of all".into());
            found.push((says, with(command, &below(way, key), Some(tree::of(&value.span, ValueKind::Null)))));
            continue;
        }
        let says = said("a field is left out", format!("{key} is left out"));
        found.push((says, with(command, &below(way, key), None)));
        if let Some(sum) = get(value, "$sum") {
            // A sum counts, and a count counts double.
            let other = if as_number(sum) == Some(1) { 2 } else { 1 };
            let path = below(&below(way, key), "$sum");
            let says = said("a sum is another", format!("{key} sums {other}"));
            found.push((says, with(command, &path, Some(tree::number(&sum.span, other)))));
        }
    }
    found
}

fn lookups(command: &Value, way: &Path, lookup: &Value) -> Vec<Wrong> {
    let (Some(local), Some(foreign)) = (get(lookup, "localField"), get(lookup, "foreignField")) else { return vec![] };
    let exchanged = with(command, &below(way, "localField"), Some(foreign.clone()));
    let exchanged = with(&exchanged, &below(way, "foreignField"), Some(local.clone()));
    vec![(said("a join is by other fields", "$lookup has its fields exchanged".into()), exchanged)]
}
