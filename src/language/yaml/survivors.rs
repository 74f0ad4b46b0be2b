//! Decodes the explanations of generated mutants that survive.

use std::sync::Arc;

use super::keys_suite::SURVIVORS;
use super::tree::Node;
use super::{check, read};
use crate::language::Parsed;
use crate::language::sink::Sink;
use crate::model::Explanation;
use crate::source::{Diagnostic, SourceFile};

/// Reads the explanations.
pub(crate) fn survivors(file: &Arc<SourceFile>) -> Result<Parsed<Vec<Explanation>>, Vec<Diagnostic>> {
    let root = read::tree(file).map_err(|diagnostic| vec![diagnostic])?;
    let mut sink = Sink::default();
    check::root(&root, &SURVIVORS, &mut sink);
    let mut found: Vec<Explanation> = vec![];
    for node in root.get("survivors").map(Node::items).unwrap_or_default() {
        let (Some(mutant), Some(because)) = (node.scalar_of("mutant"), node.scalar_of("because")) else { continue };
        if because.trim().is_empty() {
            sink.push(
                Diagnostic::error(&because.span, "this explains nothing").help("say why no scenario has to notice"),
            );
        }
        if let Some(first) = found.iter().find(|other| other.mutant.value == mutant.value) {
            let line = first.mutant.span.line_column().0;
            let error = Diagnostic::error(&mutant.span, format!("`{}` is explained twice", mutant.value));
            sink.push(error.label(format!("also in line {line}")).help("remove one of the two"));
        }
        found.push(Explanation { mutant, because: because.value });
    }
    sink.finish(Some(found))
}
