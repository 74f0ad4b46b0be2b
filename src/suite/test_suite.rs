//! A suite on the disk for the tests of this room, and the tests that need one.

use std::fs;
use std::path::{Path, PathBuf};

use super::load::Loaded;
use super::{Selection, Suite};
use crate::source::{Diagnostic, SourceFile, Span};

/// Files of a suite in a folder of its own.
pub(super) struct Folder(tempfile::TempDir);

const REGISTER: &str = "parts: [{ part: 1, title: One, points: 10 }]\nrequirements:\n\
    - { id: P1.1, part: 1, title: A, source: s }\n- { id: P1.2, part: 1, title: B, source: s }\n";

impl Folder {
    /// A suite with a register of two requirements, a system, and three scenarios with five runs.
    pub(super) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("polyspec.yaml", "suite: shop\nsystem: systems/base\ntopology: { pg: { peers: [apj] } }\n");
        folder.write("scenarios/requirements.yaml", REGISTER);
        folder.write(
            "systems/base/system.yaml",
            "system: Base\nbuild: [{ sql: SELECT 1 }]\nsteps: { greet: [{ sql: SELECT 2 }] }\n",
        );
        folder.scenario("a.yaml", "requirements: [P1.1]\ntags: [fast]");
        folder.scenario("p2/b.yaml", "requirements: [P1.2]\ncases: [{ x: 1 }, { case: apj, x: 2 }, { x: 3 }]");
        folder.scenario("p2/c.yaml", "requirements: [P1.1]\nhidden: true");
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn scenario(&self, name: &str, head: &str) {
        let steps = if head.contains("steps:") { "" } else { "steps: [{ sql: SELECT 1, expect: { value: 1 } }]\n" };
        self.write(&format!("scenarios/{name}"), &format!("scenario: Something holds\n{head}\n{steps}"));
    }

    pub(super) fn open(&self) -> Result<Suite, Vec<Diagnostic>> {
        Suite::open(Path::new("."), &self.path())
    }

    pub(super) fn load(&self, selection: &Selection) -> Result<Loaded, Vec<Diagnostic>> {
        self.open().unwrap().load(selection)
    }

    fn names(&self, selection: Selection) -> Vec<String> {
        let loaded = self.load(&selection).unwrap_or_else(|errors| panic!("{}", told(&errors)));
        loaded.runs.into_iter().map(|run| run.name).collect()
    }

    pub(super) fn refused(&self, selection: Selection) -> String {
        told(&self.load(&selection).expect_err("it was not refused"))
    }
}

/// The diagnostics with their places and mends, a line each.
pub(super) fn told(errors: &[Diagnostic]) -> String {
    let one = |error: &Diagnostic| {
        let place = error.span.as_ref().map(|span| format!("{span}: ")).unwrap_or_default();
        let help = error.help.iter().map(|help| format!("; {help}"));
        format!("{place}{}{}", error.message, help.collect::<String>())
    };
    errors.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn names(names: &[&str]) -> Selection {
    Selection { names: names.iter().map(|name| name.to_string()).collect(), ..Selection::default() }
}

#[test]
fn a_suite_is_found_from_a_folder_below_and_files_are_shown_from_there() {
    let folder = Folder::new();
    let below = folder.path().join("scenarios/p2");
    let suite = Suite::open(Path::new("."), &below).unwrap();
    assert_eq!(suite.settings().root, folder.path());
    assert_eq!(suite.display(&suite.scenario_file("p2/b.yaml")), "b.yaml");
    assert_eq!(suite.register().requirements.len(), 2);
    let elsewhere = Suite::open(&folder.path().join("polyspec.yaml"), Path::new("/")).unwrap();
    assert_eq!(elsewhere.settings().suite, "shop");
}

#[test]
fn a_folder_without_a_suite_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let errors = Suite::open(folder.path(), Path::new("/")).err().unwrap();
    assert!(told(&errors).starts_with("there is no `polyspec.yaml` in `"), "{}", told(&errors));
}

#[test]
fn folders_of_the_settings_stay_inside_the_suite() {
    let folder = Folder::new();
    folder.write(
        "polyspec.yaml",
        "suite: shop\ntopology: { pg: { peers: [apj] } }\ngolden: ../golden\nscenarios: /tmp\n",
    );
    let errors = told(&folder.open().err().unwrap());
    assert_eq!(errors.matches("leads out of the suite").count(), 2, "{errors}");
}

#[test]
fn all_runs_come_in_the_order_of_paths_and_cases_and_hidden_ones_are_left_out() {
    let folder = Folder::new();
    let loaded = folder.load(&Selection::default()).unwrap();
    assert_eq!(loaded.filtered_out, 1);
    assert_eq!(folder.names(Selection::default()), ["a.yaml", "p2/b.yaml#1", "p2/b.yaml#apj", "p2/b.yaml#3"]);
    let hidden = Selection { hidden: true, ..names(&["c"]) };
    assert_eq!(folder.names(hidden), ["p2/c.yaml"]);
}

#[test]
fn names_tags_requirements_and_exclusions_narrow_the_selection() {
    let folder = Folder::new();
    assert_eq!(folder.names(names(&["apj", "a.yaml"])), ["a.yaml", "p2/b.yaml#apj"]);
    assert_eq!(folder.names(names(&["scenarios/p2"])).len(), 3);
    assert_eq!(folder.names(Selection { tags: vec!["fast".into()], ..Selection::default() }), ["a.yaml"]);
    assert_eq!(folder.names(Selection { requirements: vec!["P1.2".into()], ..Selection::default() }).len(), 3);
    assert_eq!(folder.names(Selection { requirements: vec!["P1".into()], ..Selection::default() }).len(), 4);
    assert_eq!(folder.names(Selection { exclude: vec!["b.yaml".into()], ..Selection::default() }), ["a.yaml"]);
}

#[test]
fn a_selection_that_matches_nothing_is_refused_and_names_near_misses() {
    let folder = Folder::new();
    assert_eq!(
        folder.refused(names(&["p2/bb.yaml"])),
        "no scenario is named by `p2/bb.yaml`; did you mean `p2/b.yaml`?"
    );
    let tags = Selection { tags: vec!["fats".into()], ..Selection::default() };
    assert_eq!(folder.refused(tags), "no scenario has the tag `fats`; did you mean `fast`?");
    let requirements = Selection { requirements: vec!["P1.3".into()], ..Selection::default() };
    assert_eq!(folder.refused(requirements), "there is no requirement `P1.3`; did you mean `P1.1`?");
    let hidden = names(&["p2/c.yaml"]);
    assert!(folder.refused(hidden).starts_with("none of the 5 runs of this suite is wanted by all filters;"));
}

#[test]
fn every_run_is_in_exactly_one_shard_and_stays_there() {
    let folder = Folder::new();
    for number in 0..40 {
        folder.scenario(&format!("n{number}.yaml"), "requirements: [P1.1]");
    }
    let part = |k| folder.names(Selection { shard: Some((k, 3)), ..Selection::default() });
    let (one, two, three) = (part(1), part(2), part(3));
    assert_eq!(one.len() + two.len() + three.len(), 44);
    assert!([&one, &two, &three].iter().all(|part| part.len() > 5), "{} {} {}", one.len(), two.len(), three.len());
    folder.scenario("a0.yaml", "requirements: [P1.1]");
    let again: Vec<_> = part(1).into_iter().filter(|name| name != "a0.yaml").collect();
    assert_eq!(again, one);
    assert!(folder.refused(Selection { shard: Some((4, 3)), ..Selection::default() }).contains("no shard 4 of 3"));
}

#[test]
fn a_shuffle_depends_on_its_seed_alone() {
    let folder = Folder::new();
    let order = |seed| folder.names(Selection { shuffle: Some(seed), ..Selection::default() });
    assert_eq!(order(1), order(1));
    let orders: std::collections::BTreeSet<_> = (0..20).map(order).collect();
    assert!(orders.len() > 5);
}

#[test]
fn errors_of_all_files_are_told_at_once() {
    let folder = Folder::new();
    folder.scenario("x.yaml", "requirements: [P1.11]");
    folder.scenario("y.yaml", "requirements: [P1.1]\nsteps: [{ use: great }, { sql: SELECT 1, expect: { value: 1 } }]");
    let errors = folder.refused(Selection::default());
    assert!(
        errors.contains("scenarios/x.yaml:2:16: the register has no requirement `P1.11`; did you mean `P1.1`?"),
        "{errors}"
    );
    let unknown = "the system `systems/base` has no list of steps `great`; did you mean `greet`?";
    assert!(errors.contains("scenarios/y.yaml:3:16: ") && errors.contains(unknown), "{errors}");
}

#[test]
fn a_broken_file_that_is_not_asked_for_is_only_warned_of() {
    let folder = Folder::new();
    folder.scenario("x.yaml", "requirements: [P9.9]");
    let loaded = folder.load(&names(&["a.yaml"])).unwrap();
    assert_eq!(told(&loaded.warnings), "`scenarios/x.yaml` is left out: it has an error");
    assert!(loaded.goldens.is_none());
    assert!(folder.refused(names(&["x.yaml"])).contains("no requirement `P9.9`"));
    assert!(folder.refused(names(&["zzz"])).contains("no requirement `P9.9`"));
}

#[test]
fn two_files_with_one_golden_are_refused() {
    let folder = Folder::new();
    folder.scenario("a.yml", "requirements: [P1.1]");
    folder.write("scenarios/p2/b.slt", "# scenario: S\n# requirements: P1.1\n\nquery I\nSELECT 1\n----\n1\n");
    let errors = folder.refused(Selection::default());
    assert!(errors.contains("`a.yml` and `a.yaml` would share a golden file"), "{errors}");
    assert!(!errors.contains("b.slt"), "{errors}");
}

#[test]
fn a_suite_in_which_nothing_can_be_run_says_so() {
    let folder = Folder::new();
    fs::remove_dir_all(folder.path().join("scenarios")).unwrap();
    assert!(folder.refused(Selection::default()).starts_with("`scenarios` cannot be read"));
    folder.write("scenarios/notes.md", "");
    assert!(folder.refused(Selection::default()).starts_with("there are no scenarios in `scenarios`"));
    folder.write("scenarios/x.yaml", "scenaro: x\n");
    assert!(folder.refused(names(&["zzz"])).contains("x.yaml:"), "{}", folder.refused(names(&["zzz"])));
}

#[test]
fn a_scenario_that_cites_nothing_is_warned_of_only_where_there_is_a_register() {
    let folder = Folder::new();
    folder.scenario("x.yaml", "");
    let warned = |folder: &Folder| {
        let loaded = folder.load(&Selection::default()).unwrap();
        told(&loaded.warnings).contains("this scenario cites no requirement of the register")
    };
    assert!(warned(&folder));
    folder.scenario("x.yaml", "design: We decided so.");
    assert!(!warned(&folder));
    folder.scenario("x.yaml", "");
    fs::remove_file(folder.path().join("scenarios/requirements.yaml")).unwrap();
    assert!(!warned(&folder));
}

#[test]
fn fragments_hidden_files_and_the_register_are_no_scenarios() {
    let folder = Folder::new();
    for name in ["_part.slt", ".hidden.yaml", "_parts/x.yaml", "notes.md", "p2/.git/x.yaml"] {
        folder.write(&format!("scenarios/{name}"), "nonsense: [");
    }
    assert_eq!(folder.names(Selection::default()).len(), 4);
}

#[test]
fn a_file_that_is_not_text_is_named() {
    let folder = Folder::new();
    fs::write(folder.path().join("scenarios/z.yaml"), b"scenario: \xff").unwrap();
    let errors = folder.refused(Selection::default());
    assert_eq!(errors, "`scenarios/z.yaml` cannot be read: it is not UTF-8 text (line 1, byte 10)");
    folder.write("scenarios/z.yaml", "");
    folder.write("scenarios/a#b.yaml", "");
    assert!(folder.refused(Selection::default()).contains("`#` parts a scenario from its case"));
}

#[cfg(unix)]
#[test]
fn links_that_go_in_circles_or_lead_out_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let scenarios = folder.path().join("scenarios");
    symlink(&scenarios, scenarios.join("p2/again")).unwrap();
    assert_eq!(folder.names(Selection::default()).len(), 4);
    symlink("/etc/hostname", scenarios.join("out.yaml")).unwrap();
    assert!(folder.refused(Selection::default()).contains("`scenarios/out.yaml` is a link that leads out"));
}

#[test]
fn a_path_that_leads_out_is_refused_wherever_it_is_written() {
    let folder = Folder::new();
    folder.write("scenarios/x.yaml", "scenario: S\nrequirements: [P1.1]\nsystem: ../../etc\nsteps: [{ use: x }, { sql: SELECT 1, expect: { value: 1 } }]\n");
    let errors = folder.refused(Selection::default());
    assert!(errors.contains("scenarios/x.yaml:3:9: `../../etc` leads out of the suite"), "{errors}");
    folder.write("scenarios/x.yaml", "");
    let slt =
        "# scenario: S\n# requirements: P1.1\ninclude ../../../../../../etc/hostname\n\nquery I\nSELECT 1\n----\n1\n";
    folder.write("scenarios/y.slt", slt);
    assert!(folder.refused(names(&["y.slt"])).contains("leads out"), "{}", folder.refused(names(&["y.slt"])));
    let from_above = Suite::open(&folder.path(), Path::new("/")).unwrap().load(&names(&["y.slt"])).unwrap_err();
    assert!(told(&from_above).contains("leads out"), "{}", told(&from_above));
}

#[test]
fn a_fragment_is_included_wherever_the_user_stands() {
    let folder = Folder::new();
    folder.write("scenarios/p3/_part.slt", "statement ok\nSELECT 1\n");
    folder.write(
        "scenarios/p3/y.slt",
        "# scenario: S\n# requirements: P1.1\ninclude _part.slt\n\nquery I\nSELECT 1\n----\n1\n",
    );
    for cwd in [folder.path(), folder.path().join("scenarios/p3"), folder.path().join("systems"), "/".into()] {
        let suite = Suite::open(&folder.path(), &cwd).unwrap();
        let loaded = suite.load(&names(&["y.slt"])).unwrap_or_else(|errors| panic!("{}", told(&errors)));
        assert_eq!(loaded.runs.len(), 1);
    }
}

#[test]
fn a_path_is_seen_from_the_file_in_which_it_was_written() {
    let folder = Folder::new();
    folder.write("systems/base/data.csv", "1\n");
    let suite = folder.open().unwrap();
    let file = SourceFile::new("systems/base/system.yaml", "data.csv ../../x /etc/passwd ../../../x data.csv/..");
    let path = |from: usize, to: usize| {
        let span = Span::new(&file, from, to);
        suite.resolve_beside(&span.of(span.text().to_string())).map_err(|error| error.message)
    };
    assert_eq!(path(0, 8), Ok(folder.path().join("systems/base/data.csv")));
    assert_eq!(path(9, 16), Err("there is no `x`".into()));
    assert_eq!(path(17, 28), Err("`/etc/passwd` leads out of the suite".into()));
    assert_eq!(path(29, 39), Err("`../../../x` leads out of the suite".into()));
}

#[test]
fn a_system_that_extends_another_builds_on_it() {
    let folder = Folder::new();
    let mutant = "system: Mutant\nextends: ../base\nbuild: [{ sql: SELECT 3 }]\nsteps: { wave: [{ use: greet }] }\n";
    folder.write("systems/mutant/system.yaml", mutant);
    let suite = folder.open().unwrap();
    let system = suite.system("systems/mutant", None).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    assert_eq!(system.title.as_str(), "Mutant");
    assert_eq!(system.path, "systems/mutant");
    assert_eq!(system.build.len(), 2);
    assert!(system.build[0].span.file.name().ends_with("base/system.yaml"));
    assert_eq!(system.steps.keys().collect::<Vec<_>>(), ["greet", "wave"]);
}

#[test]
fn systems_and_lists_that_go_in_circles_are_refused_at_their_place() {
    let folder = Folder::new();
    folder.write("systems/one/system.yaml", "system: One\nextends: ../two\n");
    folder.write("systems/two/system.yaml", "system: Two\nextends: ../one\n");
    folder.write(
        "systems/lists/system.yaml",
        "system: L\nbuild: [{ sql: SELECT 1 }]\nsteps: { a: [{ use: b }], b: [{ use: a }] }\n",
    );
    let suite = folder.open().unwrap();
    let refused = |name| told(&suite.system(name, None).err().unwrap());
    assert!(
        refused("systems/one").starts_with("systems/two/system.yaml:2:10: `systems/one` extends itself"),
        "{}",
        refused("systems/one")
    );
    assert!(refused("systems/lists").contains("uses itself, in a circle"), "{}", refused("systems/lists"));
    assert!(refused("systems/none").contains("there is no `system.yaml` in `systems/none`"));
}

#[test]
fn the_goldens_of_all_scenarios_are_known_also_of_those_left_out() {
    let folder = Folder::new();
    let golden = "steps: [{ sql: SELECT 1, golden: top }]";
    folder.scenario("a.yaml", &format!("requirements: [P1.1]\n{golden}"));
    folder.scenario("g.yaml", &format!("requirements: [P1.1]\ncases: [{{ x: 1 }}, {{ case: a b, x: 2 }}]\n{golden}"));
    let system = "system: Base\nbuild: [{ sql: SELECT 1 }]\nsteps:\n  greet: [{ sql: SELECT 2 }]\n  \
                  show: [{ use: greet }, { sql: SELECT 3, golden: shown }]\n";
    folder.write("systems/base/system.yaml", system);
    for list in ["greet", "show"] {
        let steps = format!("steps: [{{ use: {list} }}, {{ sql: SELECT 1, expect: {{ value: 1 }} }}]");
        folder.scenario(&format!("u_{list}.yaml"), &format!("requirements: [P1.1]\n{steps}"));
    }
    let loaded = folder.load(&names(&["p2/b.yaml"])).unwrap();
    let used: Vec<_> =
        loaded.goldens.unwrap().iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_owned()).collect();
    assert_eq!(
        used,
        ["golden/a.golden", "golden/g#1.golden", "golden/g#a%20b.golden", "golden/u_show.golden"].map(PathBuf::from)
    );
}
