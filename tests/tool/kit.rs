//! The kit: scenarios that must pass, that must fail with exactly what lies beside them, and that must break with exactly
//! what lies beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::redact::redact;
use crate::snapshot::{KIT, compare};
use crate::suite::Suite;
use crate::trials;

/// A folder of the kit and the exit code of its files.
const FOLDERS: [(&str, i32); 3] = [("passes", 0), ("fails", 1), ("errors", 3)];

/// One trial a file, and those about the kit itself.
pub fn trials() -> Vec<Trial> {
    let files = FOLDERS.iter().flat_map(|(folder, code)| files(folder).into_iter().map(move |file| (file, *code)));
    let trial = |(file, code): (PathBuf, i32)| {
        let name = format!("kit::{}", file.strip_prefix(kit()).expect("a file of the kit").display());
        Trial::test(name, move || check(&file, code))
    };
    let mut trials: Vec<Trial> = files.map(trial).collect();
    trials.extend(trials![every_passing_file_has_a_twin_that_fails, no_expected_output_is_left_over]);
    trials
}

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kit")
}

/// The scenarios of a folder, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(kit().join(folder)).expect("a folder of the kit");
    let is_scenario = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "slt");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).filter(is_scenario).collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn check(file: &Path, code: i32) -> Result<(), Failed> {
    let ended = suite_of(file).run(&["run", "--jobs", "1", "--allow-run"]);
    if ended.code != Some(code) {
        return Err(format!("it should end with {code}\n{ended}").into());
    }
    if code == 0 {
        return Ok(());
    }
    let said = redact(&ended.stderr);
    let beside = file.with_file_name(format!("{}.stderr", name_of(file)));
    Ok(compare(KIT, &beside, &said)?)
}

/// A suite with this one scenario, and its golden if it has one.
fn suite_of(file: &Path) -> Suite {
    let text =
        |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = name_of(file);
    let suite = Suite::shared().kit().file(&format!("scenarios/{name}"), &text(file));
    let golden = file.with_extension("golden");
    if golden.exists() { suite.file(&format!("golden/{}", name_of(&golden)), &text(&golden)) } else { suite }
}

fn every_passing_file_has_a_twin_that_fails() {
    let stem = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let fails: Vec<String> = files("fails").iter().map(stem).collect();
    let passes = files("passes");
    assert!(passes.len() > 25, "the kit has only {} files that pass", passes.len());
    for name in passes.iter().map(stem) {
        let twin = fails.iter().any(|other| other.split('-').next() == Some(&name));
        assert!(twin, "`passes/{name}` has no twin `fails/{name}-…`: nothing shows that it could fail");
    }
}

fn no_expected_output_is_left_over() {
    for (folder, _) in FOLDERS {
        let known: BTreeSet<String> = files(folder).iter().map(|path| name_of(path)).collect();
        for entry in std::fs::read_dir(kit().join(folder)).expect("a folder of the kit") {
            let name = name_of(&entry.expect("an entry").path());
            let owner = name.strip_suffix(".stderr").unwrap_or(&name);
            let golden = name.strip_suffix(".golden").map(|stem| format!("{stem}.yaml"));
            let found = known.contains(owner) || golden.is_some_and(|owner| known.contains(&owner));
            assert!(found, "nothing in the kit needs `{folder}/{name}`");
        }
    }
}
