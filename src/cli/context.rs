//! What the process finds around it, read once in `main`.

use std::path::PathBuf;

use crate::cluster;

/// The environment, the terminal and the folder in which the user stands.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the user stands; an absolute path.
    pub cwd: PathBuf,
    /// Whether standard error is a terminal: then there is a live line.
    pub interactive: bool,
    /// Whether colours are wanted: a terminal, and `NO_COLOR` is not set.
    pub color: bool,
    /// The terminal's width in characters.
    pub width: usize,
    /// The same as it is at the moment of the call: people change the size of a window. `None` where it cannot be told.
    pub width_now: fn() -> Option<usize>,
    /// How many cores this process may use.
    pub cores: usize,
    /// Whether this is a build server (`CI` is set): a pending golden is then a failure that nobody can accept there.
    pub ci: bool,
    /// Where servers come from and where they live.
    pub cluster: cluster::Options,
    /// This program.
    pub program: PathBuf,
}
