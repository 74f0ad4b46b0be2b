//! One run of a scenario.

use std::sync::Arc;

use crate::model::Scenario;

/// One run of a scenario: it gets one verdict.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Which of its `cases`, from 0; `None` when it has none.
    pub case: Option<usize>,
    /// The scenario's path, and `#` with the case's name if there is one.
    pub name: String,
}

impl Run {
    /// The name of the case, if the scenario has any.
    pub fn case_name(&self) -> Option<&str> {
        self.case.and_then(|index| self.scenario.cases.get(index)).map(|case| case.name.as_str())
    }
}
