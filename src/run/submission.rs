//! Submissions as they are handed in: a folder, or a zip that is unpacked into a folder of its own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::source::Diagnostic;

/// The file that makes a folder a system.
const SYSTEM: &str = "system.yaml";
/// Files that a submission has at most.
const MOST_FILES: usize = 10_000;
/// Bytes that a submission has at most, unpacked.
const MOST_BYTES: u64 = 256 << 20;
/// How deep its folders are at most.
const DEEPEST: usize = 32;

/// A submission that can be graded.
pub struct Submission {
    /// Its name in reports: that of the folder or the file.
    pub name: String,
    /// The folder with its `system.yaml`.
    pub folder: PathBuf,
    /// A hash of all its files, in lower-case hexadecimal.
    pub digest: String,
    /// Where a zip was unpacked; it goes with the submission.
    _unpacked: Option<TempDir>,
}

impl Submission {
    /// Opens a folder or a zip.
    ///
    /// # Errors
    /// It is neither, it is too large, it leads out of itself, or there is no `system.yaml` in it.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let refused = |cause: String| Diagnostic::nowhere(format!("`{}`: {cause}", path.display()));
        let name = name_of(path).ok_or_else(|| refused("it has no name".into()))?;
        let meta = fs::metadata(path).map_err(|error| refused(error.to_string()))?;
        let unpacked = match meta.is_dir() {
            true => None,
            false => Some(unpack(path).map_err(|error| refused(format!("it cannot be unpacked: {error}")))?),
        };
        let root = unpacked.as_ref().map_or(path, TempDir::path);
        let folder = system_folder(root).ok_or_else(|| {
            refused(format!("there is no `{SYSTEM}` in it")).help("a submission is a folder or a zip with that file")
        })?;
        let digest = digest(&folder).map_err(|error| refused(error.to_string()))?;
        Ok(Self { name, folder, digest, _unpacked: unpacked })
    }
}

/// The folder's or the file's name, without `.zip`.
fn name_of(path: &Path) -> Option<String> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = whole.file_name()?.to_string_lossy().into_owned();
    Some(name.strip_suffix(".zip").map(str::to_string).unwrap_or(name))
}

/// The folder itself, or the only folder in it, as many tools pack.
fn system_folder(root: &Path) -> Option<PathBuf> {
    if root.join(SYSTEM).is_file() {
        return Some(root.to_path_buf());
    }
    let folders = fs::read_dir(root).ok()?.flatten().map(|entry| entry.path());
    let mut having = folders.filter(|path| path.join(SYSTEM).is_file());
    having.next().filter(|_| having.next().is_none())
}

/// Unpacks regular files and folders, and nothing that leads out: no links, no absolute paths, no `..`.
fn unpack(path: &Path) -> io::Result<TempDir> {
    let mut archive = zip::ZipArchive::new(File::open(path)?).map_err(io::Error::other)?;
    if archive.len() > MOST_FILES {
        return Err(io::Error::other(format!("it has more than {MOST_FILES} files")));
    }
    let folder = tempfile::Builder::new().prefix("polyspec-submission-").tempdir()?;
    let mut left = MOST_BYTES;
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        let leads_out = || io::Error::other(format!("`{}` leads out of it", name.escape_default()));
        let inside = entry.enclosed_name().ok_or_else(leads_out)?;
        if entry.is_symlink() || inside.components().count() > DEEPEST {
            return Err(leads_out());
        }
        let target = folder.path().join(inside);
        if entry.is_dir() {
            fs::create_dir_all(&target)?;
            continue;
        }
        target.parent().map(fs::create_dir_all).transpose()?;
        // What an archive says of its sizes is not believed: a byte more than may come tells.
        let copied = io::copy(&mut entry.take(left + 1), &mut File::create_new(&target)?)?;
        left = left.checked_sub(copied).ok_or_else(too_large)?;
    }
    Ok(folder)
}

fn too_large() -> io::Error {
    io::Error::other(format!("it has more than {} MB", MOST_BYTES >> 20))
}

/// A hash of names and contents, in the order of the names. Links are not followed: they are no files of a submission.
fn digest(folder: &Path) -> io::Result<String> {
    let mut files = vec![];
    walk(folder, 0, &mut files)?;
    files.sort();
    let (mut hash, mut left) = (Sha256::new(), MOST_BYTES);
    for file in &files {
        hash.update(file.strip_prefix(folder).unwrap_or(file).to_string_lossy().as_bytes());
        hash.update([0]);
        let mut bytes = vec![];
        File::open(file)?.take(left + 1).read_to_end(&mut bytes)?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(too_large)?;
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if depth > DEEPEST {
        return Err(io::Error::other("its folders are too deep"));
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), depth + 1, files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
        if files.len() > MOST_FILES {
            return Err(io::Error::other(format!("it has more than {MOST_FILES} files")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(entries: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ada.zip");
        let mut archive = zip::ZipWriter::new(File::create(&path).expect("a file"));
        for (name, bytes) in entries {
            archive
                .start_file(*name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored))
                .expect("an entry");
            archive.write_all(bytes).expect("written");
        }
        archive.finish().expect("an archive");
        (folder, path)
    }

    fn refused(path: &Path) -> String {
        Submission::open(path).err().map(|error| error.message).unwrap_or_default()
    }

    #[test]
    fn a_zip_with_one_folder_is_that_folder() {
        let (_folder, path) = zipped(&[("work/system.yaml", b"system: x\n"), ("work/sql/a.sql", b"SELECT 1")]);
        let submission = Submission::open(&path).expect("a submission");
        assert_eq!(submission.name, "ada");
        assert!(submission.folder.ends_with("work") && submission.folder.join("sql/a.sql").is_file());
        let unpacked = submission.folder.clone();
        drop(submission);
        assert!(!unpacked.exists(), "nothing stays behind");
    }

    #[test]
    fn what_leads_out_of_a_zip_is_refused() {
        let (_folder, path) = zipped(&[("system.yaml", b"system: x\n"), ("../evil", b"x")]);
        assert!(refused(&path).contains("leads out"), "{}", refused(&path));
        let (_folder, path) = zipped(&[("system.yaml", b"system: x\n"), ("/etc/evil", b"x")]);
        assert!(refused(&path).contains("leads out") || !Path::new("/etc/evil").exists());
    }

    #[test]
    fn what_is_no_zip_and_what_has_no_system_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.zip");
        fs::write(&path, "no zip").expect("written");
        assert!(refused(&path).contains("cannot be unpacked"));
        assert!(refused(folder.path()).contains("there is no `system.yaml`"));
        assert!(refused(&folder.path().join("nothing")).contains("No such file"));
    }

    #[test]
    fn the_digest_depends_on_names_and_contents() {
        let folder = tempfile::tempdir().expect("a folder");
        let digest = |name: &str, text: &str| {
            let folder = folder.path().join(format!("{name}{text}"));
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join(name), text).expect("written");
            super::digest(&folder).expect("a digest")
        };
        assert_ne!(digest("a", "x"), digest("a", "y"));
        assert_ne!(digest("a", "x"), digest("b", "x"));
    }
}
