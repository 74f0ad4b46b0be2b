//! Lends the cluster what of its work needs a driver.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::backend::mongo::{self, Address, NewSet};
use crate::cluster::{Credentials, ELECTION_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS, MemberAddress, MongoBootstrap};

/// The backend's words to fresh MongoDB members.
pub struct Bootstrap;

impl MongoBootstrap for Bootstrap {
    fn initiate<'a>(
        &'a self,
        _first: &'a MemberAddress,
        all: &'a [MemberAddress],
        replica_set: &'a str,
        admin: &'a Credentials,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let members: Vec<Address> = all.iter().map(address).collect();
            let set = NewSet {
                name: replica_set,
                members: &members,
                election_timeout_ms: ELECTION_TIMEOUT_MS,
                heartbeat_interval_ms: HEARTBEAT_INTERVAL_MS,
                user: &admin.user,
                password: &admin.password,
                key,
            };
            mongo::initiate(&set).await
        }
        .boxed()
    }

    fn ping<'a>(&'a self, member: &'a MemberAddress) -> BoxFuture<'a, Result<(), String>> {
        async move { mongo::ping(&address(member)).await }.boxed()
    }
}

fn address(member: &MemberAddress) -> Address {
    Address { host: member.host.clone(), port: member.port }
}
