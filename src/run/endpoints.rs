//! Servers of somebody else's: which ones a run uses, and what their nodes are called.

use std::collections::BTreeMap;

use super::Request;
use crate::model::{Endpoint, Engine, NodeName, Settings, Topology};
use crate::source::{Diagnostic, Span};

/// Connection URLs by node name, or [`MONGO`].
pub(super) type Endpoints = BTreeMap<String, String>;

/// The name under which the endpoint of a replica set is kept.
pub const MONGO: &str = "mongo";

/// The name under which the endpoint of a PostgreSQL peer is kept: `apj` and `pg.apj` are the same peer.
pub fn pg_endpoint(name: &str) -> String {
    if name.starts_with("pg.") { name.to_string() } else { format!("pg.{name}") }
}

/// The endpoints of the profile, else those of the settings, with the command line's over them.
///
/// # Errors
/// There is no such profile, or an endpoint names a peer that the topology does not have.
pub(super) fn resolve(settings: &Settings, request: &Request) -> Result<Endpoints, Vec<Diagnostic>> {
    let named = match &request.profile {
        Some(name) => match settings.profiles.get(name) {
            Some(profile) => &profile.endpoints,
            None => return Err(vec![no_profile(name, settings)]),
        },
        None => &settings.endpoints,
    };
    let given = request.endpoints.keys().map(|name| (name, None));
    let written = named.iter().map(|(name, Endpoint { span, .. })| (name, span.as_ref()));
    let strange: Vec<_> = given.chain(written).filter_map(|(name, span)| strange(name, span, settings)).collect();
    if !strange.is_empty() {
        return Err(strange);
    }
    let mut endpoints: Endpoints = named.iter().map(|(name, endpoint)| (name.clone(), endpoint.url.clone())).collect();
    endpoints.extend(request.endpoints.clone());
    Ok(endpoints)
}

fn no_profile(name: &str, settings: &Settings) -> Diagnostic {
    let known: Vec<&str> = settings.profiles.keys().map(String::as_str).collect();
    let diagnostic = Diagnostic::nowhere(format!("there is no profile `{name}`"));
    match known.is_empty() {
        true => diagnostic.help("`polyspec.yaml` has none: add it under `profiles`"),
        false => diagnostic.help(format!("there are {}", known.join(", "))),
    }
}

/// An endpoint for a peer that is not in the topology would never be spoken to.
fn strange(name: &str, span: Option<&Span>, settings: &Settings) -> Option<Diagnostic> {
    let peers = &settings.topology.pg.as_ref()?.peers;
    let peer = name.strip_prefix("pg.")?;
    if peers.iter().any(|known| known == peer) {
        return None;
    }
    let message = format!("the topology has no peer `{name}`");
    let diagnostic = span.map_or_else(|| Diagnostic::nowhere(&message), |span| Diagnostic::error(span, &message));
    Some(diagnostic.help(format!("its peers are {}", peers.join(", "))))
}

/// All nodes, by the topology; of an engine that it does not have, those that the endpoints name: peers by their own names,
/// members of the replica set as `m1`, `m2`, … in the order of the URL.
pub(super) fn nodes(topology: &Topology, endpoints: &Endpoints) -> Vec<NodeName> {
    let mut nodes = topology.nodes();
    if topology.pg.is_none() {
        let peers = endpoints.keys().filter_map(|name| name.strip_prefix("pg."));
        nodes.extend(peers.map(|name| NodeName::new(Engine::Pg, name)));
    }
    if let (None, Some(url)) = (&topology.mongo, endpoints.get(MONGO)) {
        let members = 1..=url.split(['/', '?']).nth(2).unwrap_or_default().split(',').count();
        nodes.extend(members.map(|number| NodeName::new(Engine::Mongo, format!("m{number}"))));
    }
    nodes.sort_by_key(|node| node.engine);
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_topology_the_endpoints_name_the_nodes() {
        let url = |text: &str| text.to_string();
        let endpoints: Endpoints = [
            ("mongo".into(), url("mongodb://u:p@h1:1,h2:2,h3:3/?replicaSet=rs0")),
            ("pg.main".into(), url("postgresql://h")),
        ]
        .into();
        let shown: Vec<String> = nodes(&Topology::default(), &endpoints).iter().map(|node| node.to_string()).collect();
        assert_eq!(shown, ["pg.main", "mongo.m1", "mongo.m2", "mongo.m3"]);
    }
}
