//! Tables of tests of this room, on servers that answer from a script.

mod blocked;
mod footprint;
mod lists;
mod needs;
mod retry;
mod sessions;
mod slt;
mod teardown;
mod variant;
mod workloads;
