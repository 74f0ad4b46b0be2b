//! Systems on live servers: a built system is frozen into templates, and every scenario gets its own copy of them.

mod copy;
mod naming;
mod servers;
mod template;

pub use copy::{Copy, CopyRequest};
pub use naming::RunId;
pub use servers::Servers;
pub use template::Template;
