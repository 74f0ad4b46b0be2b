//! Mutants of the replication that a system declares: a link less, or changes that are sent on.

use std::collections::BTreeSet;

use super::change::{Change, Edit};
use crate::model::{NodeName, Replication, ReplicationLink, ReplicationOrigin};

/// The nodes of a replication, each once.
fn nodes(replication: &Replication) -> BTreeSet<NodeName> {
    replication.links.iter().flat_map(|link| [link.from.clone(), link.to.clone()]).collect()
}

/// A node that hears nothing and one that is not heard, where it has several links: how, the links that are left, and what
/// is different.
fn silent(replication: &Replication, node: &NodeName) -> Vec<(&'static str, Vec<ReplicationLink>, String)> {
    let without = |ends: fn(&ReplicationLink) -> &NodeName| -> Vec<ReplicationLink> {
        replication.links.iter().filter(|link| ends(link) != node).cloned().collect()
    };
    let ways = [
        ("hears_nothing", without(|link| &link.to), format!("{node} subscribes to no one")),
        ("is_not_heard", without(|link| &link.from), format!("no one subscribes to {node}")),
    ];
    ways.into_iter().filter(|(_, links, _)| links.len() + 1 < replication.links.len()).collect()
}

/// Every change to the declared replication.
pub fn changes(declared: &[Replication]) -> Vec<Change> {
    let of = |(at, replication): (usize, &Replication)| {
        let put = |changed: Replication| {
            let mut all = declared.to_vec();
            all[at] = changed;
            all
        };
        let change = |how: &str, declared: Vec<Replication>, text: String| Change {
            name: format!("replication.{}.{how}", replication.publication.value),
            kind: how.rsplit('.').next().unwrap_or_default().to_string(),
            object: format!("publication.{}", replication.publication.value),
            words: ["pg.*", "eventually", "catch_up"].map(str::to_string).to_vec(),
            edit: Edit::Replication { declared, text },
        };
        let mut changes: Vec<Change> = (0..replication.links.len())
            .map(|index| {
                let mut less = replication.clone();
                let link = less.links.remove(index);
                let text = format!("{} does not subscribe to {}", link.to, link.from);
                change(&format!("{}_to_{}.drop", link.from.name, link.to.name), put(less), text)
                    .mentioning([link.from.to_string(), link.to.to_string()])
            })
            .collect();
        for node in nodes(replication) {
            changes.extend(silent(replication, &node).into_iter().map(|(how, links, text)| {
                change(&format!("{}.{how}", node.name), put(Replication { links, ..replication.clone() }), text)
                    .mentioning([node.to_string()])
            }));
        }
        let twice = declared.iter().cloned().chain([replication.clone()]).collect();
        changes.push(change("twice", twice, "each peer subscribes twice".into()));
        if replication.origin == ReplicationOrigin::None {
            let any = Replication { origin: ReplicationOrigin::Any, ..replication.clone() };
            changes.push(change(
                "origin_any",
                put(any),
                "origin = any: changes received from a peer are sent on".into(),
            ));
        }
        changes
    };
    declared.iter().enumerate().flat_map(of).collect()
}
