//! What differs from run to run, out of the program's words.

use std::sync::LazyLock;

use regex::Regex;

static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rule = |pattern: &str, name| (Regex::new(pattern).expect("a pattern"), name);
    vec![
        rule(r"seed \d+", "seed <seed>"),
        rule(r"127\.0\.0\.1:\d+", "<address>"),
        rule(r"polyspec_[0-9a-f]{8}_\d+", "<database>"),
        rule(r"\b\d+(\.\d+)? (ms|s|min)\b", "<time>"),
        rule(r"actual: \d+(\.\d+)?(ms|s|µs)\b", "actual: <time>"),
        rule(r"took \d+(\.\d+)?(ms|s)", "took <time>"),
        rule(r"/[^ '`]*polyspec-tool-\w+", "<folder>"),
        rule(r"\d+ buffers", "<count> buffers"),
        rule(r"buffers expected (\S+ \d+), got \d+", "buffers expected $1, got <count>"),
    ]
});

/// Times, seeds, ports and names of databases become stable names.
pub fn redact(text: &str) -> String {
    RULES.iter().fold(text.to_string(), |text, (rule, name)| rule.replace_all(&text, *name).into_owned())
}
