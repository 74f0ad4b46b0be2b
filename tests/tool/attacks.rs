//! Hostile scenarios, systems and neighbours against servers of our own: none of them gets more than it was given.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bson::doc;
use libtest_mimic::Trial;
use mongodb::options::{ClientOptions, ServerAddress};

use crate::servers::{block_on, sql_on};
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        nobody_is_let_into_a_member_before_its_first_user_exists,
        programs_that_prepare_a_server_keep_shared_memory_in_its_folder,
        operators_of_a_copy_never_run_as_the_administrator,
        functions_of_a_system_never_run_as_the_administrator,
        statements_of_the_administrator_are_not_seen,
        triggers_of_replicated_tables_run_as_the_owner_of_the_table,
        copy_has_a_role_of_its_own,
        scenario_cannot_touch_its_neighbours,
        what_a_scenario_does_to_its_role_is_gone_with_it,
        databases_that_a_scenario_made_are_dropped_with_its_copy,
        build_cannot_touch_later_builds,
        documents_of_a_neighbour_are_out_of_reach,
        servers_of_documents_are_out_of_reach,
        documents_of_the_servers_own_are_out_of_reach,
        users_of_documents_are_gone_with_their_run,
        build_of_documents_is_no_administrator,
        program_speaks_to_documents_as_its_scenario,
    ]
}

/// The ports of members that are starting below a folder for runs, as everyone on the machine can see them.
fn ports_of_members(run_dir: &Path) -> Vec<u16> {
    let folder = run_dir.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let words = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let lines = words.map(|words| String::from_utf8_lossy(&words).replace('\0', " "));
    let members = lines.filter(|line| line.contains("--replSet") && line.contains(&folder));
    members.filter_map(|line| line.split(" --port ").nth(1)?.split(' ').next()?.parse().ok()).collect()
}

/// Tries to make a root user without being anyone; what the member answers: `None` when it is not reached.
async fn usurp(port: u16) -> Option<Result<(), i32>> {
    let limit = Duration::from_millis(300);
    let options = ClientOptions::builder()
        .hosts(vec![ServerAddress::Tcp { host: "127.0.0.1".into(), port: Some(port) }])
        .direct_connection(true)
        .connect_timeout(limit)
        .server_selection_timeout(limit)
        .build();
    let client = mongodb::Client::with_options(options).ok()?;
    let user = doc! { "createUser": "usurper", "pwd": "usurper", "roles": ["root"] };
    let answer = client.database("admin").run_command(user).await;
    client.shutdown().immediate(true).await;
    match answer {
        Ok(_) => Some(Ok(())),
        Err(error) => match *error.kind {
            mongodb::error::ErrorKind::Command(refused) => Some(Err(refused.code)),
            _ => None,
        },
    }
}

/// The code of `Unauthorized`.
const UNAUTHORIZED: i32 = 13;

fn nobody_is_let_into_a_member_before_its_first_user_exists() {
    let suite = Suite::owning()
        .scenario("mongo", "  - mongo: { insert: t, documents: [{ _id: 1 }] }\n    expect: { reply: { n: 1 } }");
    let over = Arc::new(AtomicBool::new(false));
    let (run_dir, seen) = (suite.run_dir().to_path_buf(), over.clone());
    let attacker = std::thread::spawn(move || {
        block_on(async {
            let mut answers = vec![];
            while !seen.load(Ordering::Relaxed) {
                for port in ports_of_members(&run_dir) {
                    answers.extend(usurp(port).await);
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            answers
        })
    });
    let ended = suite.run(&["run"]);
    over.store(true, Ordering::Relaxed);
    let answers = attacker.join().expect("an attacker");
    ended.exits(0);
    assert!(!answers.is_empty(), "the attacker never reached a member");
    let others: Vec<_> = answers.iter().filter(|answer| **answer != Err(UNAUTHORIZED)).collect();
    assert!(
        others.is_empty(),
        "{} of {} attempts were not refused as unauthorized: {others:?}",
        others.len(),
        answers.len()
    );
}

/// A folder with programs that write down how they are called, and then are the real ones.
fn wrapped_programs(suite: &Suite, real: &Path) -> (PathBuf, PathBuf) {
    let (folder, calls) = (suite.path("programs"), suite.path("calls"));
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(&calls, "").expect("written");
    std::fs::set_permissions(&calls, std::fs::Permissions::from_mode(0o666)).expect("open to all");
    for name in ["initdb", "postgres"] {
        let program = folder.join(name);
        let (log, real) = (calls.display(), real.join(name));
        let script = format!("#!/bin/sh\necho \"{name} $*\" >>'{log}'\nexec '{}' \"$@\"\n", real.display());
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("open to pass");
    (folder, calls)
}

/// The folder of the programs that the shared cluster runs.
fn real_programs() -> Option<PathBuf> {
    let node = crate::world::world().cluster().nodes.iter().find(|node| node.name == "pg.a")?;
    let line = std::fs::read(format!("/proc/{}/cmdline", node.pid?)).ok()?;
    let program = PathBuf::from(String::from_utf8_lossy(line.split(|byte| *byte == 0).next()?).into_owned());
    Some(program.parent()?.to_path_buf())
}

/// In `/dev/shm` a killed one would leave files that no one could tell from other servers'.
fn programs_that_prepare_a_server_keep_shared_memory_in_its_folder() {
    let Some(real) = real_programs() else { return };
    let suite = Suite::owning().scenario("a", "  - sql: SHOW dynamic_shared_memory_type\n    expect: { value: mmap }");
    let (folder, calls) = wrapped_programs(&suite, &real);
    let mut command = suite.command(&["run"]);
    command.env("POLYSPEC_PG_BIN", folder);
    crate::children::finish(command).exits(0);
    let calls = std::fs::read_to_string(calls).expect("calls");
    let preparing: Vec<&str> =
        calls.lines().filter(|line| line.contains(" --pwfile ") || line.contains(" --single ")).collect();
    assert_eq!(preparing.len(), 2, "{calls}");
    let told = |line: &&str| line.contains("dynamic_shared_memory_type=mmap");
    assert!(preparing.iter().all(told), "{preparing:#?}");
}

/// A system whose peers are linked: to drop its copies the administrator enters them.
const LINKED: &str = "system: Linked
build:
  - on: pg.*
    sql: CREATE TABLE t (id int PRIMARY KEY)
  - on: pg.*
    sql: CREATE PUBLICATION items FOR TABLE t
replication:
  - publication: items
    between: [pg.a, pg.b]
";

fn linked() -> Suite {
    Suite::alone().settings("system: linked").file("linked/system.yaml", LINKED)
}

/// Functions that, when a superuser runs them, leave a role `owned` on the server, and operators that call them.
fn trap(schema: &str) -> String {
    let mut sql = format!("CREATE SCHEMA IF NOT EXISTS {schema};\n");
    for (name, arguments, result) in [
        ("is", "oid, oid", "boolean"),
        ("is", "name, name", "boolean"),
        ("is", "name, text", "boolean"),
        ("is", "\"char\", \"char\"", "boolean"),
        ("is", "\"char\", text", "boolean"),
        ("array_remove", "text[], text", "text[]"),
        ("array_remove", "anyarray, anyelement", "anyarray"),
        ("pg_create_logical_replication_slot", "text, text", "text"),
        ("pg_create_logical_replication_slot", "name, text", "text"),
        ("pg_get_expr", "pg_node_tree, oid", "text"),
        ("pg_get_constraintdef", "oid", "text"),
        ("pg_get_indexdef", "oid", "text"),
        ("format_type", "oid, int", "text"),
        ("current_database", "", "name"),
    ] {
        sql.push_str(&format!(
            "CREATE FUNCTION {schema}.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS $trap$ BEGIN \
             IF (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) 'owned') \
             THEN CREATE ROLE owned SUPERUSER; END IF; RETURN NULL; END $trap$;\n"
        ));
    }
    for operator in ["=", "<>"] {
        for (left, right) in
            [("oid", "oid"), ("name", "name"), ("name", "text"), ("\"char\"", "\"char\""), ("\"char\"", "text")]
        {
            sql.push_str(&format!(
                "CREATE OPERATOR {schema}.{operator} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {schema}.is);\n"
            ));
        }
    }
    sql
}

/// Asserts that no trap was sprung, and takes the role away if one was.
#[track_caller]
fn assert_not_owned() {
    let owned: Vec<String> = ["pg.a", "pg.b"]
        .into_iter()
        .filter(|node| !sql_on(node, "SELECT 1 FROM pg_roles WHERE rolname = 'owned'").is_empty())
        .map(str::to_string)
        .collect();
    for node in &owned {
        sql_on(node, "DROP ROLE owned");
    }
    assert!(owned.is_empty(), "the administrator ran functions of a copy's on {owned:?}");
}

fn step(on: &str, sql: &str) -> String {
    let body: String = sql.lines().map(|line| format!("      {line}\n")).collect();
    format!("  - on: {on}\n    sql: |\n{body}")
}

fn operators_of_a_copy_never_run_as_the_administrator() {
    let mut steps = step("pg.*", &trap("evil"));
    steps.push_str(&step("pg.*", "ALTER DATABASE ${database:ident} SET search_path = evil, pg_catalog, public"));
    let suite = linked().scenario("attack", &format!("{steps}  - sql: SELECT 1\n    expect: {{ value: 1 }}"));
    suite.run(&["run"]).exits(0).says("1 passed");
    assert_not_owned();
    crate::servers::assert_no_copies();
}

fn functions_of_a_system_never_run_as_the_administrator() {
    let build = format!("{LINKED}  \n").replace("build:\n", &format!("build:\n{}", step("pg.*", &trap("public"))));
    let suite =
        linked().file("linked/system.yaml", &build).scenario("a", "  - sql: SELECT 1\n    expect: { value: 1 }");
    suite.run(&["run"]).exits(0).says("1 passed");
    assert_not_owned();
    // The catalog that mutants are made from is full of traps: whatever it says, it says without rights.
    suite.run(&["mutants", "--generate", "--list"]);
    assert_not_owned();
}

/// Subscriptions belong to the administrator; what they write, and the triggers of that, must not.
fn triggers_of_replicated_tables_run_as_the_owner_of_the_table() {
    let trigger = "CREATE TABLE seen (who name);
CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS $trap$ BEGIN
  INSERT INTO public.seen VALUES (current_user); RETURN NEW;
END $trap$;
CREATE TRIGGER spring BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION spring();
ALTER TABLE t ENABLE ALWAYS TRIGGER spring;";
    let build = LINKED.replace("replication:\n", &format!("{}replication:\n", step("pg.*", trigger)));
    let steps = "
  - on: pg.a
    sql: INSERT INTO t VALUES (1)
  - on: pg.b
    sql: SELECT who = current_user FROM seen
    eventually: 20s
    expect: { value: true }
";
    let suite = linked().file("linked/system.yaml", &build).scenario("writes", steps);
    suite.run(&["run"]).exits(0).says("1 passed");
}

/// While other scenarios' copies are linked, a scenario looks for what the administrator is doing: it would see passwords.
fn statements_of_the_administrator_are_not_seen() {
    let look = "  - sql: |
      SELECT count(*) FROM pg_stat_activity
      WHERE usename = 'polyspec' AND backend_type = 'client backend' AND query <> ''
    expect: { value: 0 }
";
    let peers = "  - on: pg.*\n    sql: SELECT 1\n    expect: { value: 1 }\n";
    let mut suite = linked();
    for number in 0..6 {
        suite = suite.scenario(&format!("s{number}"), &format!("{peers}{}", look.repeat(10)));
    }
    suite.run(&["run", "--jobs", "2"]).exits(0).says("6 passed");
}

/// A system that a copy's role must own as if it had built it.
const SHOP: &str = "system: Shop
build:
  - sql: |
      CREATE TABLE item (id int PRIMARY KEY, name text);
      INSERT INTO item VALUES (1, 'Chair');
      CREATE VIEW named AS SELECT name FROM item;
      CREATE FUNCTION added(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*)::int + $1 FROM item';
      CREATE SCHEMA inner_one;
";

fn shop() -> Suite {
    Suite::alone().settings("system: shop").file("shop/system.yaml", SHOP)
}

const PASSES: &str = "  - sql: SELECT name FROM item\n    expect: { value: Chair }\n";

/// Steps that are refused with a SQLSTATE.
fn refused(statements: &[(&str, &str)]) -> String {
    let step =
        |(sql, code): &(&str, &str)| format!("  - sql: {sql}\n    expect: {{ error: {{ sqlstate: \"{code}\" }} }}\n");
    statements.iter().map(step).collect()
}

fn copy_has_a_role_of_its_own() {
    let steps = "
  - sql: SELECT bool_and(tableowner = current_user) FROM pg_tables WHERE schemaname = 'public'
    expect: { value: true }
  - sql: SELECT pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()
    expect: { value: true }
  - sql: SELECT rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user
    expect: { value: false }
  - sql: ALTER TABLE item ADD COLUMN price int DEFAULT 7; DROP VIEW named; CREATE TABLE inner_one.t (id int);
  - sql: SELECT price + added(1) FROM item
    expect: { value: 9 }
  - sql: DROP SCHEMA inner_one CASCADE
";
    shop().scenario("owner", steps).run(&["run"]).exits(0).says("1 passed");
    assert_eq!(
        sql_on("pg.a", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'polyspec\\_%\\_role' AND rolcanlogin"),
        [""; 0]
    );
}

fn scenario_cannot_touch_its_neighbours() {
    let others = "FROM pg_stat_activity WHERE usename <> current_user AND backend_type = 'client backend'";
    let sleeper = "  - sql: SELECT pg_sleep(300)::text\n    timeout: 5min\n    expect: { value: '' }\n";
    let find = format!(
        "
  - sql: SELECT usename AS role, datname AS db {others} AND query LIKE '%pg_sleep(300)%'
    save: {{ role: 0.0, db: 0.1 }}
  - sql: SELECT datname FROM pg_database WHERE datname LIKE 'polyspec\\_t\\_%' LIMIT 1
    save: {{ template: value }}
"
    );
    let hostile = find
        + &refused(&[
            (&format!("SELECT pg_terminate_backend(pid) {others}"), "42501"),
            (&format!("SELECT pg_cancel_backend(pid) {others}"), "42501"),
            ("ALTER ROLE ${role:ident} SET statement_timeout = '1ms'", "42501"),
            ("ALTER ROLE ${role:ident} PASSWORD 'known'", "42501"),
            ("SET ROLE ${role:ident}", "42501"),
            ("DROP DATABASE ${db:ident} WITH (FORCE)", "42501"),
            ("ALTER DATABASE ${db:ident} SET statement_timeout = '1ms'", "42501"),
            ("DROP DATABASE ${template:ident}", "42501"),
            ("ALTER DATABASE ${template:ident} SET statement_timeout = '1ms'", "42501"),
            ("CREATE DATABASE mine TEMPLATE ${template:ident}", "42501"),
            ("SELECT subconninfo FROM pg_subscription", "42501"),
            ("SELECT rolpassword FROM pg_authid", "42501"),
            ("CREATE ROLE evil SUPERUSER", "42501"),
            ("SET ROLE polyspec_roles", "42501"),
            ("COPY (SELECT 1) TO PROGRAM 'id'", "42501"),
        ]);
    let suite = shop().headed("b_sleeps", "timeout: 5min", sleeper).scenario("a_attacks", &hostile);
    let mut sleeping = suite.start(&["run", "b_sleeps"]);
    sleeping.says("servers");
    assert!(crate::children::eventually(Duration::from_secs(60), || crate::servers::is_asleep("pg.a")));
    suite.run(&["run", "a_attacks"]).exits(0).says("1 passed");
    assert!(crate::servers::is_asleep("pg.a"), "the neighbour's session was ended");
    sleeping.signal(nix::sys::signal::Signal::SIGINT);
    sleeping.wait();
}

fn what_a_scenario_does_to_its_role_is_gone_with_it() {
    let hostile = "
  - sql: ALTER ROLE CURRENT_USER SET statement_timeout = '1ms'
  - sql: ALTER ROLE CURRENT_USER SET search_path = nowhere
  - sql: ALTER ROLE CURRENT_USER PASSWORD 'known'
  - sql: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()
  - sql: SELECT 1
    expect: { value: 1 }
";
    let suite = shop().scenario("a_attacks", hostile).scenario("b_passes", PASSES).scenario("c_passes", PASSES);
    suite.run(&["run", "--jobs", "1"]).exits(0).says("3 passed");
    suite.run(&["run"]).exits(0).says("3 passed");
    crate::servers::assert_no_copies();
}

fn databases_that_a_scenario_made_are_dropped_with_its_copy() {
    let makes = "
  - sql: CREATE DATABASE inner_one
  - sql: CREATE DATABASE inner_two IS_TEMPLATE true
  - sql: ALTER DATABASE ${database:ident} IS_TEMPLATE true
  - sql: GRANT ALL ON DATABASE inner_one TO PUBLIC
  - sql: BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'it''s left';
  - sql: SELECT count(*) FROM pg_database WHERE datname IN ('inner_one', 'inner_two')
    expect: { value: 2 }
";
    let suite = shop().scenario("makes", makes);
    suite.run(&["run"]).exits(0).says("1 passed");
    suite.run(&["run"]).exits(0).says("1 passed");
    crate::servers::assert_no_copies();
    let left = "SELECT datname FROM pg_database WHERE datname LIKE 'inner%'";
    assert_eq!(sql_on("pg.a", left), [""; 0]);
}

fn build_cannot_touch_later_builds() {
    let build = "system: Hostile
build:
  - sql: ALTER ROLE CURRENT_USER SET statement_timeout = '1ms'
  - sql: ALTER ROLE CURRENT_USER PASSWORD 'known'
  - sql: CREATE DATABASE left_behind
  - sql: CREATE TABLE item (name text); INSERT INTO item VALUES ('Chair')
";
    let suite = Suite::alone()
        .file("one/system.yaml", build)
        .file("two/system.yaml", SHOP)
        .headed("one", "system: one", PASSES)
        .headed("two", "system: two", &format!("{PASSES}  - sql: SELECT count(*) FROM pg_database WHERE datname = 'left_behind'\n    expect: {{ value: 0 }}"));
    suite.run(&["run", "--jobs", "1"]).exits(0).says("2 passed");
}

/// Commands that are refused as unauthorized.
fn unauthorized(commands: &[&str]) -> String {
    let step = |command: &&str| format!("  - mongo: {{ {command} }}\n    expect: {{ error: {{ code: 13 }} }}\n");
    commands.iter().map(step).collect()
}

/// While a neighbour's operation runs on documents that it knows, a scenario tries to end, change, read and drop them.
fn documents_of_a_neighbour_are_out_of_reach() {
    let sleeper = "  - mongo: { insert: kept, documents: [{ _id: 1 }], writeConcern: { w: majority } }
  - mongo: { find: kept, filter: { $where: 'sleep(300000) || true' } }
    timeout: 5min
    expect: { documents: [{ _id: 1 }] }
";
    let find = "  - mongo: { $db: admin, aggregate: 1, pipeline: [{ $currentOp: { allUsers: true } }, \
                { $match: { 'command.find': kept, active: true } }] }
    save: { operation: documents.0.opid, session: documents.0.lsid.id, other: documents.0.command.$db }
";
    let hostile = find.to_string()
        + &unauthorized(&[
            "$db: admin, killOp: 1, op: \"${operation}\"",
            "$db: \"${other}\", find: kept",
            "$db: \"${other}\", insert: kept, documents: [{ _id: 2 }]",
            "$db: \"${other}\", drop: kept",
            "$db: \"${other}\", dropDatabase: 1",
            "$db: \"${other}\", dropAllUsersFromDatabase: 1",
            "aggregate: t, pipeline: [{ $out: { db: \"${other}\", coll: kept } }]",
            "$db: admin, renameCollection: \"${other}.kept\", to: \"${database}.kept\"",
        ])
        + "  - mongo: { killSessions: [{ id: \"${session}\" }] }\n";
    let suite = Suite::alone().headed("b_sleeps", "timeout: 5min", sleeper).scenario("a_attacks", &hostile);
    let mut sleeping = suite.start(&["run", "b_sleeps"]);
    sleeping.says("servers");
    assert!(crate::children::eventually(Duration::from_secs(60), crate::servers::looks_for_kept));
    suite.run(&["run", "a_attacks"]).exits(0).says("1 passed");
    assert!(crate::servers::looks_for_kept(), "the neighbour's operation was ended");
    sleeping.signal(nix::sys::signal::Signal::SIGINT);
    sleeping.wait();
    crate::servers::assert_no_copies();
}

fn servers_of_documents_are_out_of_reach() {
    let hostile = unauthorized(&[
        "$db: admin, shutdown: 1, force: true",
        "$db: admin, replSetReconfig: { _id: rs0, version: 99, members: [] }, force: true",
        "$db: admin, setFeatureCompatibilityVersion: \"5.0\"",
        "$db: admin, createUser: evil, pwd: evil, roles: [root]",
        "$db: admin, createUser: evil, pwd: evil, roles: []",
        "$db: admin, updateUser: polyspec, pwd: known",
        "$db: admin, dropUser: polyspec",
        "$db: admin, dropAllUsersFromDatabase: 1",
        "$db: admin, grantRolesToUser: polyspec, roles: [root]",
        "$db: admin, revokePrivilegesFromRole: polyspec_scenario, privileges: [{ resource: { cluster: true }, actions: [top] }]",
        "$db: admin, dropRole: polyspec_scenario",
        "createRole: evil, privileges: [{ resource: { cluster: true }, actions: [shutdown] }], roles: []",
        "createUser: evil, pwd: evil, roles: [{ role: root, db: admin }]",
        "createUser: evil, pwd: evil, roles: [{ role: polyspec_scenario_setParameter, db: admin }]",
        "$db: admin, applyOps: [{ op: \"n\", ns: \"\", o: {} }]",
    ]);
    Suite::alone().scenario("attacks", &hostile).run(&["run"]).exits(0).says("1 passed");
}

fn documents_of_the_servers_own_are_out_of_reach() {
    let hostile = unauthorized(&[
        "$db: config, insert: t, documents: [{ _id: 1 }]",
        "$db: config, dropDatabase: 1",
        "$db: local, drop: startup_log",
        "$db: admin, insert: t, documents: [{ _id: 1 }]",
        "$db: admin, find: system.users",
        "$db: admin, update: system.users, updates: [{ q: {}, u: { $set: { roles: [] } } }]",
        "$db: polyspec_t_other, insert: t, documents: [{ _id: 1 }]",
        "$db: keepsake, find: t",
        "$db: keepsake, dropDatabase: 1",
    ]);
    let suite = Suite::alone().scenario("attacks", &hostile);
    block_on(async {
        crate::servers::mongo().await.database("keepsake").create_collection("t").await.expect("made");
    });
    let ended = suite.run(&["run"]);
    block_on(async { crate::servers::mongo().await.database("keepsake").drop().await.expect("dropped") });
    ended.exits(0).says("1 passed");
}

fn users_of_documents_are_gone_with_their_run() {
    let writes = "  - mongo: { insert: t, documents: [{ _id: 1 }] }\n    expect: { reply: { n: 1 } }";
    let whose = "  - mongo: { connectionStatus: 1 }
    expect: { reply: { authInfo: { authenticatedUsers: [{ user: { $$ne: polyspec }, db: admin }], authenticatedUserRoles: { $$size: 6 } } } }";
    Suite::alone().scenario("a", writes).scenario("b", whose).run(&["run"]).exits(0).says("2 passed");
    assert_eq!(crate::servers::accounts(), ["admin.polyspec"]);
}

fn build_of_documents_is_no_administrator() {
    let build = "system: Hostile
build:
  - mongo: { create: stock }
  - mongo: { $db: admin, createUser: evil, pwd: evil, roles: [root] }
";
    let reads = "  - mongo: { count: stock }\n    expect: { reply: { n: 0 } }";
    let suite = Suite::alone().settings("system: hostile").file("hostile/system.yaml", build).scenario("a", reads);
    suite.run(&["run"]).exits(3).says("Unauthorized").says("1 error");
    let harmless = build.lines().take(3).collect::<Vec<_>>().join("\n");
    suite.write("hostile/system.yaml", &format!("{harmless}\n"));
    suite.run(&["run"]).exits(0).says("1 passed");
}

fn program_speaks_to_documents_as_its_scenario() {
    let steps = "  - mongo: { connectionStatus: 1 }
    save: { user: reply.authInfo.authenticatedUsers.0.user }
  - on: mongo
    run: [sh, -c, \"printf %s $POLYSPEC_MONGO_URL\"]
    expect: { reply: { stdout: { $$regex: \"^mongodb://polyspec_[0-9a-f]+_w[0-9]+:[A-Za-z0-9]+@.*authSource=admin\" } } }
  - mongo: { connectionStatus: 1 }
    expect: { reply: { authInfo: { authenticatedUsers: [{ user: { $$matchesEntity: user }, db: admin }], authenticatedUserRoles: { $$size: 6 } } } }
";
    Suite::alone().scenario("a", steps).run(&["run", "--allow-run"]).exits(0).says("1 passed");
}
