//! The program as another user, who may read the builds that are there and owns nothing else.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use libtest_mimic::Trial;
use nix::unistd::{Gid, Uid, User, chown};

use crate::children;
use crate::suite::Suite;
use crate::trials;
use crate::world::PROGRAM;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![a_user_without_rights_runs_a_suite_on_builds_that_root_fetched]
}

/// Only root can become somebody else; for everybody else the whole of these tests is the proof.
fn a_user_without_rights_runs_a_suite_on_builds_that_root_fetched() {
    let Ok(Some(nobody)) = User::from_name("nobody") else { return };
    if !Uid::effective().is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        return;
    }
    let pg = "  - sql: SELECT current_user <> 'root'\n    expect: { value: true }";
    let mongo = "  - mongo: { insert: t, documents: [{ _id: 1 }] }\n    expect: { reply: { n: 1 } }";
    let suite = Suite::owning()
        .scenario("pg", pg)
        .scenario("mongo", mongo)
        .scenario("new", "  - sql: SELECT 1\n    golden: one");
    give(&suite, nobody.uid, nobody.gid);
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={}", nobody.uid), format!("--regid={}", nobody.gid), "--clear-groups".into()]);
    command.args([PROGRAM, "run"]).current_dir(suite.path("")).env_remove("CI");
    command.env("HOME", suite.path("home")).env_remove("XDG_CACHE_HOME").env("POLYSPEC_RUN_DIR", suite.run_dir());
    command.env("POLYSPEC_CACHE", polyspec::internal::default_cache(&std::env::temp_dir()));
    children::finish(command).exits(1).says("2 passed, 1 failed").says("golden/new.golden.pending");
}

/// Gives everything in the suite to a user.
fn give(suite: &Suite, uid: Uid, gid: Gid) {
    std::fs::create_dir_all(suite.path("home")).expect("made");
    for path in ["", "home", "scenarios"] {
        let path = suite.path(path);
        chown(&path, Some(uid), Some(gid)).expect("given away");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("closed");
    }
}
