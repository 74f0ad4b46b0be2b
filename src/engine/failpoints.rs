//! Fail points of MongoDB: whatever a scenario has set is turned off on its way out.

use std::sync::Arc;
use std::time::Duration;

use bson::doc;

use crate::backend::mongo::{CONFIGURE_FAIL_POINT, Command, MongoClients, MongoSession, Target};
use crate::observation::Keep;

/// How long turning one off may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Turns every fail point that the scenario has set off, on every member: in its own steps, in lists that it uses, in its
/// workloads and records.
pub(super) async fn off(clients: &Arc<MongoClients>) {
    for name in clients.take_fail_points() {
        for at in 0..clients.set.members.len() {
            let mut session = MongoSession::new(clients.clone(), false);
            let document = doc! { CONFIGURE_FAIL_POINT: &name, "mode": "off" };
            let target = Target::Member(at);
            let command = Command { document, keep: Keep::Count, ..Command::of(&target, "admin", LIMIT) };
            // A member that is down has lost its fail points with its process.
            let _ = session.run(command, None).await;
        }
    }
    // Turning them off has named them again.
    clients.take_fail_points();
}
