//! What a system without anything passes, kept from one run to the next: it depends on the suite alone.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Prepared;

/// The file in which it is kept, named by the suite's files.
pub struct Baseline {
    path: PathBuf,
}

impl Baseline {
    /// Where what the empty system passes of this suite is kept: in the folder for server builds.
    ///
    /// # Errors
    /// The suite's files cannot be read.
    pub fn of(prepared: &Prepared) -> io::Result<Self> {
        let settings = prepared.suite.settings();
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        for name in [crate::suite::SETTINGS.into(), settings.scenarios.clone(), settings.golden.clone()] {
            add(&settings.root.join(name), &mut hash)?;
        }
        prepared.jobs.iter().for_each(|job| hash.update(job.name.as_bytes()));
        let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { path: prepared.request.cluster.cache.join(format!("empty-system-{digest}.json")) })
    }

    /// What tells this suite and this selection from others.
    pub fn key(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The names of the runs that pass, if they are known.
    pub fn known(&self) -> Option<BTreeSet<String>> {
        serde_json::from_slice(&fs::read(&self.path).ok()?).ok()
    }

    /// Keeps them. A reader never sees half of them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, passing: &BTreeSet<String>) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, passing)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Names and contents below a path, in the order of the names.
fn add(path: &Path, hash: &mut Sha256) -> io::Result<()> {
    let Ok(meta) = fs::metadata(path) else { return Ok(()) };
    if meta.is_file() {
        let bytes = fs::read(path)?;
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    } else if meta.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().try_for_each(|entry| add(entry, hash))?;
    }
    Ok(())
}
