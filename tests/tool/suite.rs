//! A suite of a test's own, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::children::{self, Ended, Running};
use crate::world::{self, Hold, TOPOLOGY};

/// A suite folder and the servers that runs in it use.
pub struct Suite {
    folder: TempDir,
    run_dir: PathBuf,
    /// Given back when the suite goes away.
    _hold: Option<Hold>,
}

impl Suite {
    /// On the shared cluster, beside other tests.
    pub fn shared() -> Self {
        Self::lent(world::shared())
    }

    /// On the shared cluster, alone.
    pub fn alone() -> Self {
        Self::lent(world::alone())
    }

    /// On servers that each run starts for itself.
    pub fn owning() -> Self {
        let folder = world::scratch();
        let run_dir = folder.path().to_path_buf();
        Self { folder, run_dir, _hold: None }.with_settings()
    }

    /// On the shared cluster as servers of somebody else's: the suite has no `up`, only the URLs.
    pub fn external() -> Self {
        Self { _hold: Some(world::shared()), ..Self::owning() }
    }

    /// As `external`, and alone: for a test that looks at all databases of the servers, or drops them.
    pub fn external_alone() -> Self {
        Self { _hold: Some(world::alone()), ..Self::owning() }
    }

    fn lent(hold: Hold) -> Self {
        let world = world::world();
        let suite = Self { folder: world::scratch(), run_dir: world.run_dir().to_path_buf(), _hold: Some(hold) };
        world.lend(suite.folder.path());
        suite.with_settings()
    }

    fn with_settings(self) -> Self {
        self.file("polyspec.yaml", &format!("suite: Tool\n{TOPOLOGY}"))
    }

    /// Writes a file of the suite.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// With the settings, the system and the data files of the kit.
    pub fn kit(self) -> Self {
        let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kit/suite");
        for file in ["polyspec.yaml", "system/system.yaml", "scenarios/items.csv", "scenarios/items_one_bad.csv"] {
            let text = std::fs::read_to_string(kit.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            self.write(file, &text);
        }
        self
    }

    /// Adds lines to the settings.
    pub fn settings(self, lines: &str) -> Self {
        let text = self.read("polyspec.yaml");
        self.file("polyspec.yaml", &format!("{text}{lines}\n"))
    }

    /// Writes a scenario: its name is that of its file, its steps are indented by nothing.
    pub fn scenario(self, name: &str, steps: &str) -> Self {
        self.headed(name, "", steps)
    }

    /// Writes a scenario with more keys than a title.
    pub fn headed(self, name: &str, head: &str, steps: &str) -> Self {
        let text = format!("scenario: {name}\nrequirements: [T1]\n{head}\nsteps:\n{steps}\n");
        self.file(&format!("scenarios/{name}.yaml"), &text)
    }

    /// Writes a file that is there or not.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// A file's text.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// A path inside the suite.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Where the runs' folders lie.
    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// The program with these arguments, in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = children::program(self.folder.path());
        command.args(arguments).env("POLYSPEC_RUN_DIR", &self.run_dir);
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        children::finish(self.command(arguments))
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Running {
        children::start(self.command(arguments))
    }
}
