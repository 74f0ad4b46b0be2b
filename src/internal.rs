//! What the program, the tests and the benchmarks of this repository use of the crate. It is no part of the public interface
//! and changes with any release.

pub use crate::backend::pg::{PgNode, PgSession, Request, answer};
pub use crate::cli::{Arguments, Context, execute};
pub use crate::cluster::{ClusterDescription, NodeDescription, Options, StateFile, default_cache, state};
pub use crate::event::{Event, Stamped};
pub use crate::exit::Exit;
pub use crate::judge::{Values, compare_bson, diff_lines, diff_rows};
pub use crate::model::{Engine, NodeName};
pub use crate::observation::{Answers, Outcome, Output, Question, RowSet, SqlType};
pub use crate::report::{Look, render_diff};
pub use crate::variables::quote_literal;
pub use crate::verdict::Verdict;
