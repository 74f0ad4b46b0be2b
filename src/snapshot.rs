//! Texts that tests compare exactly with files of the repository. With an environment variable set to `bless` a test writes
//! its file anew; read the difference before you keep it. `tests/tool` has this file too.

use std::path::Path;

use similar::{Algorithm, ChangeTag, capture_diff_slices};

/// The variable for the kit and the reports.
pub const KIT: &str = "POLYSPEC_KIT";

/// Holds `actual` against a file, or writes it there where `variable` says so.
///
/// # Errors
/// The file says something else: the lines that differ, and how to accept them.
pub fn compare(variable: &str, file: &Path, actual: &str) -> Result<(), String> {
    if std::env::var(variable).is_ok_and(|value| value == "bless") {
        return std::fs::write(file, actual).map_err(|error| format!("{}: {error}", file.display()));
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let difference = difference(&expected, actual);
    Err(format!("{} says something else now ({variable}=bless accepts):\n{difference}", file.display()))
}

/// The lines that differ: `-` is only in the file, `+` is only in what was printed.
fn difference(expected: &str, actual: &str) -> String {
    let [old, new] = [expected, actual].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let parts = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changes = parts.iter().flat_map(|part| part.iter_changes(&old, &new));
    let lines = changes.filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("- {}", change.value().trim_end_matches('\n'))),
        ChangeTag::Insert => Some(format!("+ {}", change.value().trim_end_matches('\n'))),
    });
    lines.collect::<Vec<_>>().join("\n")
}
