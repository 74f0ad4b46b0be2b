//! Operating system processes: spawning them so that they end with us, watching them end, and listing them.

mod child;
mod spawn;
pub(crate) mod table;

pub(crate) use child::{Ended, ServerProcess};
pub(crate) use spawn::{Launch, spawn};
