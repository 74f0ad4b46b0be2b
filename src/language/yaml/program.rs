//! Decodes a program that a step starts.

use super::decoder::Decoder;
use super::tree::{Node, NodeKind};
use crate::model::{Program, Template, Value, ValueKind};
use crate::source::{Diagnostic, Spanned};

impl Decoder<'_> {
    /// What stands under `run`: a list, or a mapping with the list under `program`.
    pub fn program(&mut self, node: &Node) -> Option<Program> {
        let words = match &node.kind {
            NodeKind::Sequence(words) => words.as_slice(),
            _ => node.get("program")?.items(),
        };
        let (program, arguments) = words.split_first()?;
        Some(Program {
            program: self.program_name(program)?,
            arguments: arguments.iter().map(|argument| self.value(argument)).collect(),
            input: node.get("input").and_then(|input| self.text_of(input)),
            environment: self.environment(node.get("environment")),
        })
    }

    fn program_name(&mut self, node: &Node) -> Option<Spanned<Template>> {
        let name = self.text_of(node)?;
        if name.as_literal() == Some("") {
            self.sink.error(&node.head, "the program has no name");
            return None;
        }
        let words = name.as_literal().is_some_and(|name| name.contains(char::is_whitespace) && !name.contains('/'));
        if words {
            let error = Diagnostic::error(&node.head, "no program has a name with blanks in it").warning();
            self.sink.push(error.help("there is no shell: write each argument as an item of its own"));
        }
        Some(node.span.of(name))
    }

    /// A scalar as text, whatever it looks like.
    fn text_of(&mut self, node: &Node) -> Option<Template> {
        match self.value(node).kind {
            ValueKind::Text(template) => Some(template),
            _ => node.scalar().map(|text| Template::literal(text.value, text.span)),
        }
    }

    fn environment(&mut self, node: Option<&Node>) -> Vec<(Spanned<String>, Value)> {
        let entries = node.map(Node::entries).unwrap_or_default();
        for entry in entries {
            if entry.key.is_empty() || entry.key.contains(['=', '\0']) {
                let error = Diagnostic::error(&entry.key.span, "this cannot be the name of an environment variable");
                self.sink.push(error.help("letters, digits and `_`, as in `PGAPPNAME`"));
            }
        }
        entries.iter().map(|entry| (entry.key.clone(), self.value(&entry.value))).collect()
    }
}
