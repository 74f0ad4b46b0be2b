//! What is published: the files of the crate, the oldest Rust that it needs, the archives that `cargo binstall` looks for,
//! the wheel, and the workflows that make them.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let ended = command.args(arguments).current_dir(root()).stdin(Stdio::null()).output().expect("cargo starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(ended.stdout).expect("text")
}

fn metadata() -> Value {
    let printed = cargo(&["metadata", "--format-version", "1", "--locked"]);
    serde_json::from_str(&printed).expect("JSON")
}

/// The packages of the lock file: this one and all that it is built with.
fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().expect("packages")
}

fn own(metadata: &Value) -> &Value {
    packages(metadata).iter().find(|package| package["name"] == "polyspec").expect("polyspec is a package")
}

/// The parts of a version that names a Rust.
fn parts(version: &str) -> Vec<u64> {
    let parts = version.split('.').map(|part| part.parse().expect("a number"));
    parts.chain(std::iter::repeat(0)).take(3).collect()
}

#[test]
fn no_dependency_needs_a_newer_rust_than_this_crate_promises() {
    let metadata = metadata();
    let ours = parts(own(&metadata)["rust_version"].as_str().expect("Cargo.toml has a rust-version"));
    let newer = packages(&metadata).iter().filter_map(|package| {
        let theirs = package["rust_version"].as_str()?;
        (parts(theirs) > ours).then(|| format!("{} needs Rust {theirs}", package["name"]))
    });
    let newer: Vec<String> = newer.collect();
    assert!(newer.is_empty(), "raise rust-version, or choose older versions: {newer:?}");
}

#[test]
fn the_crate_holds_sources_licences_and_readme_only() {
    let listed = cargo(&["package", "--list", "--allow-dirty", "--offline"]);
    let allowed = ["src/", "Cargo.", ".cargo_vcs_info.json", "README.md", "CHANGELOG.md", "LICENSE-"];
    let other: Vec<&str> =
        listed.lines().filter(|path| !allowed.iter().any(|beginning| path.starts_with(beginning))).collect();
    assert!(other.is_empty(), "`include` in Cargo.toml lets these in: {other:?}");
    assert!(listed.lines().any(|path| path == "src/main.rs"), "the program is missing");
}

/// A text with the words of one template system in place of another's.
fn filled(text: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn binstall_looks_for_what_a_release_makes() {
    let metadata = metadata();
    let binstall = &own(&metadata)["metadata"]["binstall"];
    let words = [("{ version }", "VERSION"), ("{ target }", "TARGET"), ("{ bin }{ binary-ext }", "polyspec")];
    let url = filled(binstall["pkg-url"].as_str().expect("a URL"), &words);
    let program = filled(binstall["bin-dir"].as_str().expect("a folder"), &words);
    let release = read(".github/workflows/release.yml");
    let line =
        release.lines().find_map(|line| line.trim().strip_prefix("name: polyspec-v")).expect("the archive's name");
    let words = [("${{ needs.check.outputs.version }}", "VERSION"), ("${{ matrix.target }}", "TARGET")];
    let name = filled(&format!("polyspec-v{line}"), &words);
    assert_eq!(url, format!("{{ repo }}/releases/download/vVERSION/{name}.tar.gz"));
    assert_eq!(program, format!("{name}/polyspec"));
}

#[test]
fn the_wheel_and_the_crate_say_the_same_of_themselves() {
    let metadata = metadata();
    let crate_ = own(&metadata);
    let wheel = read("pyproject.toml");
    for key in ["name", "description", "license", "readme"] {
        let line = format!("{key} = {}", crate_[key]);
        assert!(wheel.lines().any(|found| found == line), "pyproject.toml lacks `{line}`");
    }
}

#[test]
fn the_changelog_begins_with_what_is_unreleased_or_this_version() {
    let version = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find(|line| line.starts_with("## [")).expect("a section");
    assert!(first == "## [Unreleased]" || first.starts_with(&version), "{first}");
}

#[test]
fn every_workflow_is_yaml_with_jobs_that_have_steps() {
    for file in [".github/workflows/ci.yml", ".github/workflows/release.yml", "docs/examples/ci/workflow.yml"] {
        let workflow: Value = serde_yaml::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let jobs = workflow["jobs"].as_object().unwrap_or_else(|| panic!("{file} has no jobs"));
        for (name, job) in jobs {
            let steps = job["steps"].as_array().unwrap_or_else(|| panic!("{file}: the job `{name}` has no steps"));
            assert!(steps.iter().all(|step| step["run"].is_string() || step["uses"].is_string()), "{file}: {name}");
            assert!(job["runs-on"].is_string(), "{file}: {name}");
        }
    }
}

/// The public items of the crate: `pub` in lib.rs, without what is hidden from the documentation.
fn public_items(root: &str) -> Vec<&str> {
    let lines: Vec<&str> = root.lines().collect();
    let shown = |number: usize| number == 0 || lines[number - 1] != "#[doc(hidden)]";
    let public = lines.iter().enumerate().filter(|(number, line)| line.starts_with("pub ") && shown(*number));
    public.map(|(_, line)| *line).collect()
}

#[test]
fn the_crate_offers_the_conformance_harness_and_nothing_else() {
    assert_eq!(public_items(&read("src/lib.rs")), ["pub use conformance::{Conformance, conformance};"]);
    let hidden = "#[doc(hidden)]\npub mod internal;\nmod model;\npub mod judge;";
    assert_eq!(public_items(hidden), ["pub mod judge;"]);
}

#[test]
fn builds_and_tests_share_what_they_depend_on() {
    let metadata = metadata();
    let dependencies = own(&metadata)["dependencies"].as_array().expect("dependencies");
    let named = |kind: Value| dependencies.iter().filter(move |each| each["kind"] == kind).map(|each| &each["name"]);
    let twice: Vec<_> = named("dev".into()).filter(|name| named(Value::Null).any(|other| other == *name)).collect();
    assert!(
        twice.is_empty(),
        "other features for tests have these compiled twice, with all that needs them: {twice:?}"
    );
}
