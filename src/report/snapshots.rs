//! Renderings of a whole run, compared exactly with the files in `snapshots/`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::replay::ReplayError;
use super::test_events::{end, nothing, run, stamp};
use super::{JUnit, JsonLines, Reporter, Terminal, TerminalOptions, replay};
use crate::event::Stamped;
use crate::snapshot::{KIT, compare};
use crate::verdict::{Evidence, Verdict};

/// An output that a test can read.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn terminal(events: &[Stamped], options: TerminalOptions) -> String {
    let memory = Memory::default();
    let mut terminal = Terminal::new(options, Box::new(memory.clone()));
    events.iter().for_each(|event| terminal.event(event));
    terminal.finish().unwrap();
    memory.text()
}

pub(super) fn junit(events: &[Stamped]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on the way/junit.xml");
    let mut junit = JUnit::new(&path);
    events.iter().for_each(|event| junit.event(event));
    junit.finish().unwrap();
    std::fs::read_to_string(path).unwrap()
}

pub(super) fn json(events: &[Stamped]) -> String {
    let memory = Memory::default();
    let mut lines = JsonLines::to(Box::new(memory.clone()));
    events.iter().for_each(|event| lines.event(event));
    lines.finish().unwrap();
    memory.text()
}

fn assert_snapshot(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/report/snapshots").join(name);
    compare(KIT, &path, actual).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn a_run_without_a_terminal_reads_well() {
    assert_snapshot("terminal_plain.txt", &terminal(&run(), TerminalOptions::default()));
}

#[test]
fn a_verbose_run_tells_everything() {
    let options = TerminalOptions { verbose: true, ..TerminalOptions::default() };
    assert_snapshot("terminal_verbose.txt", &terminal(&run(), options));
}

#[test]
fn colours_are_escape_sequences_and_nothing_else_changes_but_carets() {
    let options = TerminalOptions { color: true, ..TerminalOptions::default() };
    assert_snapshot("terminal_color.txt", &terminal(&run(), options).replace('\x1b', "␛"));
}

#[test]
fn junit_has_a_suite_for_each_folder_and_is_xml_whatever_the_text() {
    assert_snapshot("junit.txt", &junit(&run()));
}

#[test]
fn json_lines_have_one_event_each() {
    assert_snapshot("json_lines.txt", &json(&run()));
}

#[test]
fn without_a_terminal_there_are_no_control_characters_but_line_feeds() {
    let shown = terminal(&run(), TerminalOptions { verbose: true, ..TerminalOptions::default() });
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
}

#[test]
fn after_the_limit_a_failure_is_one_line() {
    let evidence = vec![Evidence { message: "no".into(), ..Evidence::default() }];
    let events = (0..3).map(|n| end(&format!("{n}.yaml"), "T", &[], Verdict::Fail { evidence: evidence.clone() }));
    let events = stamp(events.chain([nothing()]).collect());
    let shown = terminal(&events, TerminalOptions { max_failures_shown: Some(1), ..TerminalOptions::default() });
    assert_eq!(shown.matches("fail: no").count(), 1);
    assert_eq!(shown.matches("FAIL  ").count(), 3);
    assert!(shown.contains("2 failures not shown in full"), "{shown}");
}

#[test]
fn the_live_lines_are_gone_when_the_run_is_over() {
    let options = TerminalOptions { interactive: true, ..TerminalOptions::default() };
    let shown = terminal(&run(), options);
    assert!(shown.contains("1/9") || shown.contains("0/9"), "no status line: {shown:?}");
    assert!(shown.contains("FAIL  p2/fragments.yaml#2"));
    let last = shown.rsplit("\x1b[2K").next().unwrap_or_default();
    assert!(!last.contains("/9"), "a status line was left: {last:?}");
}

#[test]
fn a_replayed_run_gives_the_same_report_and_its_summary() {
    let recorded = json(&run());
    let memory = Memory::default();
    let mut reporters: Vec<Box<dyn Reporter>> =
        vec![Box::new(Terminal::new(TerminalOptions::default(), Box::new(memory.clone())))];
    let summary = replay(recorded.as_bytes(), &mut reporters).unwrap().unwrap();
    reporters[0].finish().unwrap();
    assert_eq!(memory.text(), terminal(&run(), TerminalOptions::default()));
    assert_eq!((summary.passed, summary.failed, summary.not_run), (1, 3, 1));
}

#[test]
fn a_recording_of_another_version_is_refused_with_its_line() {
    let recorded = json(&run()).replacen("\"version\":1,\"sequence\":2,", "\"version\":7,\"sequence\":2,", 1);
    let error = replay(recorded.as_bytes(), &mut []).unwrap_err();
    let expected = "line 3 of the recording has events of version 7, and this polyspec reads version 1; \
                    replay it with the polyspec that wrote it";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_recording_that_was_cut_short_is_refused_with_its_line() {
    let recorded = json(&run());
    let error = replay(&recorded.as_bytes()[..recorded.len() - 20], &mut []).unwrap_err();
    assert!(matches!(error, ReplayError::Malformed { line, .. } if line == run().len()), "{error}");
    assert!(matches!(replay(&b"\n"[..], &mut []), Err(ReplayError::Empty)));
}

#[test]
fn a_run_that_ends_early_looks_like_nothing_that_passed() {
    let events = stamp(vec![end("a.yaml", "A", &[], Verdict::Pass)]);
    assert!(terminal(&events, TerminalOptions::default()).contains("error: the run ended before it was finished"));
    assert!(junit(&events).contains("errors=\"1\""));
}

#[test]
fn a_text_of_megabytes_is_cut_in_junit() {
    let actual = Some("x\u{fffe}\x08<".repeat(1_000_000));
    let evidence = vec![Evidence { message: "no".repeat(10_000), actual, ..Evidence::default() }];
    let xml = junit(&stamp(vec![end("a.yaml", "A", &[], Verdict::Fail { evidence }), nothing()]));
    assert!(xml.len() < 1_000_000, "{} bytes", xml.len());
    assert!(!xml.contains(['\u{fffe}', '\x08']));
}

#[test]
fn a_full_disk_is_told_at_the_end_and_stops_nothing() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let reporters: [Box<dyn Reporter>; 2] =
        [Box::new(Terminal::new(TerminalOptions::default(), Box::new(Full))), Box::new(JsonLines::to(Box::new(Full)))];
    for mut reporter in reporters {
        run().iter().for_each(|event| reporter.event(event));
        assert_eq!(reporter.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
