//! Where output goes: reports into what is no regular file, readers who have gone, full disks, names that would move a
//! cursor, and a place for servers that will not do.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::suite::Suite;
use crate::trials;
use crate::{children, servers};

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        commands_of_hints_work_where_they_were_printed,
        report_is_written_through_a_fifo_that_stays,
        report_follows_a_link_that_stays,
        report_to_a_full_device_is_an_error_and_leaves_the_device,
        report_to_standard_output_is_printed,
        run_whose_standard_error_closes_ends_with_its_verdict_and_its_report,
        full_standard_output_is_an_error,
        terminal_escapes_in_titles_and_names_are_shown_and_not_obeyed,
        relative_or_long_folder_for_servers_is_refused_at_once,
        work_on_servers_is_told_twice_verbose_and_no_password_with_it,
        server_logs_are_readable_by_their_owner_alone,
        bad_server_settings_are_refused_by_check,
    ]
}

const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";
const FAILS: &str = "  - sql: SELECT 1\n    expect: { value: 2 }";

fn commands_of_hints_work_where_they_were_printed() {
    let suite = Suite::shared().scenario("a", "  - sql: SELECT 1\n    golden: one").file("else where/x", "");
    let elsewhere = |arguments: &[&str]| {
        let mut command = suite.command(arguments);
        command.current_dir(suite.path("else where"));
        children::finish(command)
    };
    let failed = elsewhere(&["run", "-C", "../"]).exits(1);
    failed.says("rerun: polyspec run -C ../ --exact a.yaml").says("accept with: polyspec bless -C ../ a.yaml");
    elsewhere(&["bless", "-C", "../", "a.yaml"]).exits(0);
    elsewhere(&["run", "-C", "../", "--exact", "a.yaml"]).exits(0);
}

fn fifo(suite: &Suite, name: &str) -> std::path::PathBuf {
    let path = suite.path(name);
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::from_bits_truncate(0o600)).expect("a FIFO");
    path
}

/// What comes through a FIFO up to a text. It is opened for both ends: the open must not wait for a writer that never comes.
fn read_until(fifo: &Path, end: &str) -> String {
    let mut pipe = File::options().read(true).write(true).open(fifo).expect("opened");
    let (mut text, mut part) = (String::new(), [0; 4096]);
    while !text.contains(end) {
        let length = pipe.read(&mut part).expect("read");
        text.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    text
}

fn report_is_written_through_a_fifo_that_stays() {
    let suite = Suite::shared().scenario("a", PASSES);
    for kind in ["junit", "json"] {
        let path = fifo(&suite, kind);
        let reader = path.clone();
        let end = if kind == "junit" { "</testsuites>" } else { "run_finished" };
        let read = std::thread::spawn(move || read_until(&reader, end));
        let report = format!("{kind}={}", path.display());
        suite.run(&["run", "--report", &report]).exits(0);
        let kept = std::fs::symlink_metadata(&path).expect("there").file_type().is_fifo();
        // A reader of a FIFO that was replaced would wait for ever.
        assert!(kept, "the FIFO was replaced by a file");
        let text = read.join().expect("read");
        assert!(text.contains("a.yaml"), "{text}");
    }
}

fn report_follows_a_link_that_stays() {
    let suite = Suite::shared().scenario("a", PASSES).file("elsewhere/old.xml", "old");
    symlink("elsewhere/old.xml", suite.path("link.xml")).expect("a link");
    symlink("elsewhere/new.xml", suite.path("fresh.xml")).expect("a link");
    suite.run(&["run", "--report", "junit=link.xml", "--report", "junit=fresh.xml"]).exits(0);
    for (link, target) in [("link.xml", "elsewhere/old.xml"), ("fresh.xml", "elsewhere/new.xml")] {
        assert!(std::fs::symlink_metadata(suite.path(link)).expect("there").is_symlink(), "{link} was replaced");
        assert!(suite.read(target).contains("testcase"), "{target} was not written");
    }
}

/// A device of the test's own, `/dev/full` by its numbers (full(4)); `None` where no one may make one.
fn full_device(suite: &Suite) -> Option<std::path::PathBuf> {
    use nix::sys::stat::{Mode, SFlag, makedev, mknod};
    let path = suite.path("full");
    mknod(&path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(1, 7)).ok()?;
    File::options().append(true).open(&path).is_ok().then_some(path)
}

fn report_to_a_full_device_is_an_error_and_leaves_the_device() {
    let suite = Suite::shared().scenario("a", PASSES);
    let Some(device) = full_device(&suite) else { return };
    for kind in ["junit", "json"] {
        suite.run(&["run", "--report", &format!("{kind}=full")]).exits(3).says("could not be written");
        let kept = std::fs::symlink_metadata(&device).expect("there").file_type().is_char_device();
        assert!(kept, "the device was replaced by a file");
    }
}

fn report_to_standard_output_is_printed() {
    let suite = Suite::shared().scenario("a", PASSES);
    suite.run(&["run", "--report", "junit=/dev/fd/1"]).exits(0).prints("<testcase");
    suite.run(&["run", "--report", "json=/dev/fd/1"]).exits(0).prints("run_finished");
}

/// Runs the program with a pipe without a reader as one of its streams.
fn without_reader(suite: &Suite, arguments: &[&str], streams: fn(&mut Command, Stdio)) -> Option<i32> {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut command = suite.command(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    streams(&mut command, Stdio::from(writer));
    command.status().expect("it runs").code()
}

fn run_whose_standard_error_closes_ends_with_its_verdict_and_its_report() {
    let suite = Suite::shared().scenario("one", PASSES).scenario("two", FAILS);
    let to_stderr = |command: &mut Command, pipe| {
        command.stderr(pipe);
    };
    let to_stdout = |command: &mut Command, pipe| {
        command.stdout(pipe);
    };
    for (name, code) in [("one", 0), ("two", 1)] {
        let arguments = ["run", name, "--shuffle", "--report", "junit=out.xml"];
        assert_eq!(without_reader(&suite, &arguments, to_stderr), Some(code), "standard error has no reader");
        assert!(suite.read("out.xml").contains("</testsuites>"));
    }
    suite.write("scenarios/c.yaml", "scenario: c\nrequirements: [T1]\nstepz: []\n");
    assert_eq!(without_reader(&suite, &["check"], to_stderr), Some(2));
    for command in [["list", "one"].as_slice(), &["schema", "scenario"], &["status"], &["--help"]] {
        assert_eq!(without_reader(&suite, command, to_stdout), Some(0), "{command:?}");
    }
}

fn full_standard_output_is_an_error() {
    let suite = Suite::shared().scenario("a", PASSES);
    let commands =
        [["list"].as_slice(), &["list", "--json"], &["check"], &["schema", "scenario"], &["status"], &["--help"]];
    for arguments in commands {
        let mut command = suite.command(arguments);
        let full = File::options().write(true).open("/dev/full").expect("a full device");
        let output = command.stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[track_caller]
fn assert_inert(ended: &children::Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "a control character\n{text:?}");
    }
}

fn terminal_escapes_in_titles_and_names_are_shown_and_not_obeyed() {
    let hostile = "scenario: \"\\e]0;owned\\a \\e[2J\"\nrequirements: [T1]\nsteps:\n  - sql: SELECT 1\n    expect: { value: 2 }\n";
    let suite = Suite::shared().file("scenarios/\u{1b}[31mred.yaml", hostile);
    let listed = suite.run(&["list"]).exits(0).prints("␛[2J").prints("␛[31mred.yaml");
    assert_inert(&listed);
    assert_inert(&suite.run(&["run"]).exits(1).says("␛[31mred.yaml"));
    let broken = "# scenario: \u{1b}[2J\u{9b}31m\n# requirements: T1\n# \u{7}sessions: \u{1b}[0m\nquerry I\nSELECT 1\n";
    suite.write("scenarios/\u{1b}[32mgreen.slt", broken);
    suite.write("scenarios/\u{1b}[33m.yaml", "scenario: x\nrequirements: [T1]\n\"\\e[1mstepz\": []\n");
    assert_inert(&suite.run(&["check"]).exits(2).says("␛[32mgreen.slt"));
    let mut list = suite.command(&["list"]);
    list.arg("\u{1b}[5mnothing");
    assert_inert(&children::finish(list).exits(2));
}

fn relative_or_long_folder_for_servers_is_refused_at_once() {
    let suite = Suite::owning().scenario("a", PASSES);
    let long = suite.path(&"x".repeat(100));
    std::fs::create_dir(&long).expect("made");
    for (folder, words) in [(Path::new("runs"), "is relative"), (&long, "bytes too long")] {
        for command in ["run", "up", "status"] {
            let mut command = suite.command(&[command]);
            command.env("POLYSPEC_RUN_DIR", folder);
            children::finish(command).exits(2).says(words).says("set POLYSPEC_RUN_DIR");
        }
    }
}

/// The passwords of all URLs in a text.
fn passwords(text: &str) -> Vec<&str> {
    let credentials = text.split("://").skip(1).filter_map(|rest| rest.split_once('@'));
    credentials.filter_map(|(credentials, _)| Some(credentials.split_once(':')?.1)).collect()
}

fn work_on_servers_is_told_twice_verbose_and_no_password_with_it() {
    let told = |suite: Suite, arguments: &[&str], rooms: &[&str]| {
        let urls = suite.path("urls");
        std::fs::write(&urls, "").expect("a file");
        std::fs::set_permissions(&urls, std::fs::Permissions::from_mode(0o666)).expect("open to programs");
        let dump = format!("  - on: [pg.*, mongo]\n    run: [sh, -c, 'env >> {}']\n", urls.display());
        let suite = suite.scenario("dumps", &format!("{dump}    expect: {{ reply: {{ exit: 0 }} }}"));
        let suite = suite.scenario("fails", FAILS).scenario(
            "names_a_password",
            "  - sql: CREATE ROLE r PASSWORD 'tell-no-one'\n    expect: { error: { sqlstate: \"42501\" } }\n  \
             - mongo: { createUser: u, pwd: tell-no-one, roles: [] }\n    expect: { reply: { ok: 1 } }",
        );
        let ended = suite.run(&[&["run", "-vv", "--allow-run"], arguments].concat());
        for room in rooms {
            let lines = format!("Z DEBUG polyspec::{room}");
            assert!(ended.stderr.contains(&lines), "nothing of {room}\n{ended}");
        }
        let dumped = suite.read("urls");
        let secrets = [passwords(&dumped), arguments.iter().flat_map(|url| passwords(url)).collect()].concat();
        assert!(secrets.len() > 2, "{dumped}");
        let lines = ended.stderr.lines().filter(|line| line.contains(" DEBUG polyspec::"));
        let leaks = lines.filter(|line| secrets.iter().chain(&["tell-no-one"]).any(|secret| line.contains(secret)));
        let leaks: Vec<_> = leaks.collect();
        assert!(leaks.is_empty(), "{leaks:?}");
    };
    told(Suite::owning(), &[], &["backend", "cluster", "engine"]);
    let [a, b] = ["a", "b"].map(|peer| format!("{peer}={}", servers::url(&format!("pg.{peer}"))));
    let servers = ["--pg-url", &a, "--pg-url", &b, "--mongo-url", &servers::mongo_url()];
    told(Suite::external(), &servers, &["backend", "engine"]);
    let ended = Suite::shared().scenario("a", PASSES).run(&["run", "-v"]).exits(0).says("a.yaml");
    assert!(!ended.stderr.contains(" DEBUG "), "{ended}");
}

fn server_logs_are_readable_by_their_owner_alone() {
    let suite = Suite::owning().scenario("hangs", "  - sql: SELECT pg_sleep(300)::text\n    expect: { value: '' }");
    let mut running = suite.start(&["run"]);
    running.says("servers started");
    let runs = suite.run_dir().join(format!("polyspec-{}", nix::unistd::Uid::effective()));
    let folders = std::fs::read_dir(runs).expect("a folder for runs").flatten();
    let files = folders.flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten().flatten());
    let logs: Vec<_> = files.filter(|file| file.path().extension().is_some_and(|end| end == "log")).collect();
    assert!(!logs.is_empty(), "servers have logs");
    for log in logs {
        let mode = log.metadata().expect("about a log").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", log.path().display());
    }
}

fn bad_server_settings_are_refused_by_check() {
    let bad = [
        ("archive_command: 'touch /tmp/owned'", "runs a command of the operating system"),
        ("shared_preload_libraries: evil", "loads a library"),
        ("Data_Directory: /etc", "decides about files"),
        ("listen_addresses: '*'", "decides how the server is reached"),
        ("plperl.on_init: 'system(\"id\")'", "runs code"),
        ("work_men: 8MB", "did you mean `work_mem`?"),
        ("work_mem: \"8MB\\nfsync = off\"", "holds a line break"),
    ];
    for (line, words) in bad {
        let text = format!("suite: S\ntopology:\n  pg:\n    peers: [a]\n    settings:\n      {line}\n");
        let suite = Suite::owning().file("polyspec.yaml", &text).scenario("a", PASSES);
        suite.run(&["check"]).exits(2).says(words).says("polyspec.yaml:6");
        suite.run(&["run"]).exits(2).says(words);
    }
}
