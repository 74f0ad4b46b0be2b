//! Mutants of the replication that a system declares: a link less, or changes that are sent on.

use super::change::{Change, Edit};
use crate::model::{Replication, ReplicationOrigin};

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
