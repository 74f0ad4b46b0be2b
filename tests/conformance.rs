//! The conformance suite as `cargo test`: every scenario is a test with its path as the name.

fn main() -> std::process::ExitCode {
    polyspec::conformance(env!("CARGO_MANIFEST_DIR"))
}
