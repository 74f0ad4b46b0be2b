//! What fills a system with generated rows: which system, its lists of steps, and the variables that they see.

use std::sync::Arc;

use crate::model::{Datum, System, Variables};
use crate::source::Diagnostic;
use crate::suite::Suite;

/// The system of a request: the one that it names, else the suite's own.
pub(super) fn system_of(suite: &Suite, name: Option<&str>) -> Result<Arc<System>, Vec<Diagnostic>> {
    match (name, &suite.settings().system) {
        (Some(name), _) => suite.system(name, None),
        (None, Some(name)) => suite.system(name, Some(&name.span)),
        (None, None) => Err(vec![
            Diagnostic::nowhere("there is no system to generate rows for")
                .help("name one: `--system DIR`, or `system:` in `polyspec.yaml`"),
        ]),
    }
}

/// The lists of a system that generate rows.
pub(super) fn lists(system: &System) -> Result<Vec<&str>, Vec<Diagnostic>> {
    if system.fill.is_empty() {
        let error = Diagnostic::error(&system.title.span, "this system does not say how rows are generated for it");
        let help = "add `fill: [NAME]` with a list of `steps` that has a `generate`";
        return Err(vec![error.help(help)]);
    }
    Ok(system.fill.iter().map(|name| name.value.as_str()).collect())
}

/// What the lists see.
pub(super) fn variables(rows: u64, seed: &str) -> Variables {
    let seed = match seed.parse::<i64>() {
        Ok(_) => Datum::Number(seed.into()),
        Err(_) => Datum::Text(seed.into()),
    };
    [("n".to_string(), Datum::Number(rows.to_string())), ("seed".to_string(), seed)].into()
}
