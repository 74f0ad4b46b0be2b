//! SQL with its variables left out, for the scanner.

use crate::model::{Template, TemplatePart};

/// The text with a word in the place of each variable.
pub(crate) fn with_nulls(template: &Template) -> String {
    template
        .parts
        .iter()
        .map(|part| match part {
            TemplatePart::Literal(text) => text.as_str(),
            TemplatePart::Variable { .. } => "NULL",
        })
        .collect()
}
