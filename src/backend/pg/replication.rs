//! Logical replication between peers: slots first, subscriptions then, and all of it away again.

use std::collections::BTreeMap;

use super::PgNode;
use crate::backend::BackendError;
use crate::model::{NodeName, Replication, ReplicationLink, ReplicationOrigin};
use crate::variables::{quote_identifier, quote_literal};
use futures::future::try_join_all;

/// What polyspec does when it looks for links.
const LISTING: &str = "listing replication";

/// SQLSTATE object_in_use.
const OBJECT_IN_USE: &str = "55006";

/// The peers of a copy by name.
pub type Peers = BTreeMap<NodeName, PgNode>;

/// Links the peers' `database`s as the system says. All slots are made before the first subscription: making a slot waits
/// for every transaction that runs on its publisher, so CREATE SUBSCRIPTIONs that make their own slots wait for one another
/// across the nodes. With `cuts` each subscription takes a way to its publisher that can be cut.
pub async fn link(peers: &Peers, database: &str, replications: &[Replication], cuts: bool) -> Result<(), BackendError> {
    let links: Vec<Link> =
        replications.iter().enumerate().flat_map(|(at, each)| links(peers, database, at, each, cuts)).collect();
    try_join_all(links.iter().map(Link::make_slot)).await?;
    try_join_all(links.iter().map(Link::subscribe)).await?;
    try_join_all(links.iter().filter(|link| link.replication.copy_data).map(Link::copied)).await?;
    Ok(())
}

fn links<'a>(
    peers: &'a Peers,
    database: &'a str,
    at: usize,
    replication: &'a Replication,
    cuts: bool,
) -> Vec<Link<'a>> {
    let both = |link: &'a ReplicationLink| Some((peers.get(&link.from)?, peers.get(&link.to)?, link));
    let link = |(from, to, link): (&'a PgNode, &'a PgNode, &ReplicationLink)| Link {
        name: format!("{database}_{at}_{}_{}", link.from.name, link.to.name),
        from,
        to,
        database,
        replication,
        cuts,
    };
    replication.links.iter().filter_map(both).map(link).collect()
}

struct Link<'a> {
    name: String,
    from: &'a PgNode,
    to: &'a PgNode,
    database: &'a str,
    replication: &'a Replication,
    cuts: bool,
}

impl Link<'_> {
    async fn make_slot(&self) -> Result<(), BackendError> {
        let make =
            format!("SELECT pg_catalog.pg_create_logical_replication_slot({}, 'pgoutput')", quote_literal(&self.name));
        self.run(self.from, "making a replication slot", &make).await
    }

    async fn subscribe(&self) -> Result<(), BackendError> {
        let origin = match self.replication.origin {
            ReplicationOrigin::None => "none",
            ReplicationOrigin::Any => "any",
        };
        let subscribe = format!(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} \
             WITH (create_slot = false, slot_name = {}, origin = {origin}, copy_data = {})",
            quote_identifier(&self.name),
            quote_literal(&self.from.conninfo(self.database, self.cuts.then_some(&self.to.name))),
            quote_identifier(&self.replication.publication),
            quote_literal(&self.name),
            self.replication.copy_data
        );
        self.run(self.to, "subscribing to a peer", &subscribe).await
    }

    /// Returns once the initial copy of every table is done (manual, pg_subscription_rel: state `r`).
    async fn copied(&self) -> Result<(), BackendError> {
        let client = self.to.enter(self.database).await?;
        let pending =
            "SELECT 1 FROM pg_catalog.pg_subscription_rel WHERE srsubstate OPERATOR(pg_catalog.<>) 'r' LIMIT 1";
        while !client.scalar("watching an initial copy", pending).await?.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn run(&self, node: &PgNode, doing: &str, sql: &str) -> Result<(), BackendError> {
        let client = node.enter(self.database).await?;
        client.run(doing, sql).await
    }
}

/// Takes every subscription and every slot of the peers' `database`s away, also those that a scenario made, so that the
/// databases can be dropped.
pub async fn unlink(peers: &Peers, database: &str) -> Result<(), BackendError> {
    try_join_all(peers.values().map(|node| drop_subscriptions(node, database))).await?;
    try_join_all(peers.values().map(|node| drop_slots(node, database))).await?;
    Ok(())
}

async fn drop_subscriptions(node: &PgNode, database: &str) -> Result<(), BackendError> {
    // pg_subscription is shared by all databases: what is there can be seen from outside, and one that has none need not be
    // entered.
    let select =
        "SELECT s.subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = ";
    let found = node.admin().await?.column(LISTING, &format!("{select}{}", quote_literal(database))).await?;
    if found.is_empty() {
        return Ok(());
    }
    let client = node.enter(database).await?;
    for name in found {
        let name = quote_identifier(&name);
        // Without its slot a subscription can be dropped when its publisher is gone (manual, DROP SUBSCRIPTION).
        let drop = format!(
            "ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE); DROP SUBSCRIPTION {name}"
        );
        client.run("dropping a subscription", &drop).await?;
    }
    Ok(())
}

/// A slot that is in use cannot be dropped, and its walsender takes a moment to go.
async fn drop_slots(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let of_database = format!("FROM pg_replication_slots WHERE database = {}", quote_literal(database));
    let end = format!("SELECT pg_terminate_backend(active_pid)::text {of_database} AND active_pid IS NOT NULL");
    let drop = format!("SELECT pg_drop_replication_slot(slot_name)::text {of_database} AND active_pid IS NULL");
    while !client.column(LISTING, &format!("SELECT slot_name::text {of_database}")).await?.is_empty() {
        client.column(LISTING, &end).await?;
        // Between the look and the drop a walsender may come back: that is no error, the next round sees it.
        match client.column("dropping a replication slot", &drop).await {
            Err(BackendError::Refused { error, .. }) if error.sqlstate.as_deref() == Some(OBJECT_IN_USE) => {}
            done => done.map(std::mem::drop)?,
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Ok(())
}
