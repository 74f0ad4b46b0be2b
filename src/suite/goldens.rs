//! Golden files and their pending neighbours. A golden changes only when a person accepts what is pending.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::files::normal;

/// The ending of a golden.
const GOLDEN: &str = ".golden";
/// What follows it in the name of a pending neighbour.
const PENDING: &str = ".pending";
/// The name of a case that is longer than this, in bytes and made safe, is cut: file systems take 255 bytes a name.
const LONGEST_CASE: usize = 120;

/// The goldens below one folder.
#[derive(Clone, Debug)]
pub struct Goldens {
    folder: PathBuf,
}

/// What a run recorded instead of its golden.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pending {
    /// The golden; there may be none yet.
    pub golden: PathBuf,
    /// Its neighbour.
    pub pending: PathBuf,
}

impl Pending {
    /// Puts it in the place of the golden, at once or not at all. Nothing else changes a golden.
    ///
    /// # Errors
    /// It is there no more, or the disk refuses.
    pub fn accept(&self) -> io::Result<()> {
        fs::rename(&self.pending, &self.golden)
    }

    /// Removes it: a person rejected it, or it is stale.
    ///
    /// # Errors
    /// It is there no more, or the disk refuses.
    pub fn reject(&self) -> io::Result<()> {
        fs::remove_file(&self.pending)
    }
}

/// A recording that grows on the disk while a run goes on. It has no name, so nothing of it stays behind a crash.
pub struct Spool {
    file: BufWriter<File>,
}

impl Spool {
    /// An empty recording.
    ///
    /// # Errors
    /// The folder for temporary files takes no file.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?) })
    }

    /// The recording from its beginning.
    ///
    /// # Errors
    /// The disk did not take what was written last.
    pub fn into_reader(self) -> io::Result<BufReader<File>> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Goldens {
    /// The goldens below `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: normal(folder) }
    }

    /// The golden of a run: the scenario's path without its ending, `#` and the case if there is one, `.golden`. In the
    /// case's name everything but ASCII letters, digits, `-` and `_` is percent-encoded; a long one is cut and gets a hash.
    pub fn path(&self, scenario: &str, case: Option<&str>) -> PathBuf {
        let stem = scenario.rsplit_once('.').map_or(scenario, |(stem, _)| stem);
        let case = case.map(|case| format!("#{}", safe(case))).unwrap_or_default();
        self.folder.join(format!("{stem}{case}{GOLDEN}"))
    }

    /// A golden, to be read from its beginning, or after a seek from a section on; `None` if there is none.
    ///
    /// # Errors
    /// It is there and cannot be read, or does not lie below the folder of goldens.
    pub fn open(&self, golden: &Path) -> io::Result<Option<BufReader<File>>> {
        self.check(golden)?;
        match File::open(golden) {
            Ok(file) => Ok(Some(BufReader::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The whole text of a golden; `None` if there is none.
    ///
    /// # Errors
    /// As [`Goldens::open`], and if it is not UTF-8.
    pub fn read(&self, golden: &Path) -> io::Result<Option<String>> {
        self.open(golden)?.map(io::read_to_string).transpose()
    }

    /// Puts a recording beside its golden, at once or not at all, and returns where it is.
    ///
    /// # Errors
    /// The disk takes it not, or the golden does not lie below the folder of goldens.
    pub fn write_pending(&self, golden: &Path, recording: Spool) -> io::Result<PathBuf> {
        self.check(golden)?;
        let folder = golden.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let mut neighbour =
            tempfile::Builder::new().prefix(".polyspec-").permissions(readable()).tempfile_in(folder)?;
        io::copy(&mut recording.into_reader()?, &mut neighbour)?;
        let pending = pending_of(golden);
        neighbour.persist(&pending).map_err(|error| error.error)?;
        Ok(pending)
    }

    /// Takes the pending neighbour of a golden away: the run agrees with its golden again.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn reject(&self, golden: &Path) -> io::Result<()> {
        self.check(golden)?;
        match fs::remove_file(pending_of(golden)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Everything that is pending, sorted.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn pending(&self) -> io::Result<Vec<Pending>> {
        let files = self.files(&format!("{GOLDEN}{PENDING}"))?;
        let of = |pending: PathBuf| Pending { golden: pending.with_extension(""), pending };
        Ok(files.into_iter().map(of).collect())
    }

    /// The goldens that are none of `used`, sorted.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn unused(&self, used: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        let used: BTreeSet<_> = used.iter().collect();
        Ok(self.files(GOLDEN)?.into_iter().filter(|path| !used.contains(path)).collect())
    }

    /// All files below the folder whose names end so, sorted. Links to folders are not entered.
    fn files(&self, ending: &str) -> io::Result<Vec<PathBuf>> {
        let mut found = vec![];
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if entry.file_name().to_string_lossy().ends_with(ending) {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn check(&self, golden: &Path) -> io::Result<()> {
        let named = golden.file_name().is_some_and(|name| name.to_string_lossy().ends_with(GOLDEN));
        if named && normal(golden) == golden && golden.starts_with(&self.folder) {
            return Ok(());
        }
        let message = format!("`{}` is not a golden of `{}`", golden.display(), self.folder.display());
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }
}

/// The pending neighbour of a golden.
fn pending_of(golden: &Path) -> PathBuf {
    let mut path = golden.as_os_str().to_owned();
    path.push(PENDING);
    path.into()
}

fn safe(case: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let encoded: String = case.bytes().map(encode).collect();
    if encoded.len() <= LONGEST_CASE {
        return encoded;
    }
    let hash: String = Sha256::digest(case.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}~{hash}", &encoded[..LONGEST_CASE])
}

/// A temporary file is its owner's alone; a golden is for everybody who works on the suite. The process's umask still applies.
fn readable() -> fs::Permissions {
    fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(text: &str) -> Spool {
        let mut spool = Spool::new().unwrap();
        spool.write_all(text.as_bytes()).unwrap();
        spool
    }

    fn goldens() -> (tempfile::TempDir, Goldens) {
        let folder = tempfile::tempdir().unwrap();
        let goldens = Goldens::new(&folder.path().join("golden"));
        (folder, goldens)
    }

    #[test]
    fn a_golden_changes_only_when_it_is_accepted() {
        let (_folder, goldens) = goldens();
        let golden = goldens.path("p2/top.yaml", None);
        assert_eq!(goldens.read(&golden).unwrap(), None);
        let pending = goldens.write_pending(&golden, spool("one\n")).unwrap();
        assert_eq!(goldens.read(&golden).unwrap(), None);
        assert_eq!(fs::read_to_string(&pending).unwrap(), "one\n");
        let pending = Pending { golden: golden.clone(), pending };
        assert_eq!(goldens.pending().unwrap(), std::slice::from_ref(&pending));
        pending.accept().unwrap();
        assert_eq!(goldens.read(&golden).unwrap().as_deref(), Some("one\n"));
        goldens.write_pending(&golden, spool("two\n")).unwrap();
        goldens.reject(&golden).unwrap();
        goldens.reject(&golden).unwrap();
        assert_eq!(goldens.read(&golden).unwrap().as_deref(), Some("one\n"));
        assert!(goldens.pending().unwrap().is_empty());
        assert_eq!(pending.accept().unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_name_of_a_golden_is_safe_whatever_the_case_is_called() {
        let (_folder, goldens) = goldens();
        let name =
            |case: &str| goldens.path("a.b/x.y.yaml", Some(case)).strip_prefix(&goldens.folder).unwrap().to_owned();
        assert_eq!(name("100.01"), Path::new("a.b/x.y#100%2E01.golden"));
        assert_eq!(name("../../etc"), Path::new("a.b/x.y#%2E%2E%2F%2E%2E%2Fetc.golden"));
        let (one, other) = (name(&"é".repeat(500)), name(&"é".repeat(501)));
        assert_ne!(one, other);
        assert!(one.file_name().unwrap().len() < 200);
        goldens.write_pending(&goldens.path("x.yaml", Some(&"/".repeat(900))), spool("")).unwrap();
    }

    #[test]
    fn nothing_outside_of_the_folder_is_touched() {
        let (folder, goldens) = goldens();
        let paths = [goldens.folder.join("../x.golden"), folder.path().join("x.golden"), goldens.folder.join("x.yaml")];
        for path in paths {
            let kind = |result: io::Result<()>| result.unwrap_err().kind();
            assert_eq!(kind(goldens.write_pending(&path, spool("")).map(|_| ())), io::ErrorKind::InvalidInput);
            assert_eq!(kind(goldens.reject(&path)), io::ErrorKind::InvalidInput);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn goldens_that_nothing_uses_are_named_and_pending_ones_are_not() {
        let (_folder, goldens) = goldens();
        let [used, unused] = ["a.yaml", "p/b.yaml"].map(|scenario| goldens.path(scenario, None));
        for golden in [&used, &unused] {
            let pending = goldens.write_pending(golden, spool("x")).unwrap();
            fs::rename(pending, golden).unwrap();
            goldens.write_pending(golden, spool("y")).unwrap();
        }
        assert_eq!(goldens.unused(&[used]).unwrap(), [unused]);
    }
}
