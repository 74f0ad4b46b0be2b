fn main() -> std::process::ExitCode {
    polyspec::Conformance::new(env!("CARGO_MANIFEST_DIR"))
        .profile("staging")
        .mongo_url("mongodb://localhost:27017/?replicaSet=rs0")
        .tags(["smoke"])
        .jobs(2)
        .strict(true)
        .allow_run(true)
        .run()
}
