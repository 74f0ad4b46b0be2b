fn main() -> std::process::ExitCode {
    polyspec::conformance(env!("CARGO_MANIFEST_DIR"))
}
