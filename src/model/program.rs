//! A program that a step starts.

use super::{Template, Value};
use crate::source::Spanned;

/// `run: [program, argument, …]`. There is no shell: what a variable holds is one argument, whatever it looks like.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program: a name to be found on `PATH`, an absolute path, or one (with a `/`) relative to the folder of the file
    /// that says so.
    pub program: Spanned<Template>,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// What it reads from its standard input; nothing when absent.
    pub input: Option<Template>,
    /// What it finds in its environment beside what every program finds there.
    pub environment: Vec<(Spanned<String>, Value)>,
}
