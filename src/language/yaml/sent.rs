//! Decodes what a server must send beside its answer: `notices` and `notifications`.

use super::decoder::Decoder;
use super::tree::{Node, NodeKind};
use crate::model::{NoticeExpectation, NotificationExpectation, Template, Value, ValueKind};
use crate::source::Spanned;

impl Decoder<'_> {
    /// The list under `notices`.
    pub fn notices(&mut self, expect: &Node) -> Option<Spanned<Vec<NoticeExpectation>>> {
        let list = expect.get("notices")?;
        Some(list.span.of(list.items().iter().map(|item| self.notice(item)).collect()))
    }

    /// Text and operators alone are about the message.
    fn notice(&mut self, node: &Node) -> NoticeExpectation {
        let span = node.span.clone();
        let whole = node.entries().first().is_none_or(|entry| entry.key.starts_with("$$"));
        if whole {
            let message = Some(self.text_or_operators(node));
            return NoticeExpectation { span, severity: None, sqlstate: None, message, detail: None, hint: None };
        }
        NoticeExpectation {
            span,
            severity: node.scalar_of("severity"),
            sqlstate: self.sqlstate(node),
            message: self.name_expected(node, "message"),
            detail: self.name_expected(node, "detail"),
            hint: self.name_expected(node, "hint"),
        }
    }

    fn text_or_operators(&mut self, node: &Node) -> Value {
        let value = match &node.kind {
            NodeKind::Number(text) => {
                let text = Template::literal(text, node.span.clone());
                Value { kind: ValueKind::Text(text), span: node.span.clone() }
            }
            _ => self.value(node),
        };
        self.operators(&value);
        value
    }

    /// The list under `notifications`.
    pub fn notifications(&mut self, expect: &Node) -> Option<Spanned<Vec<NotificationExpectation>>> {
        let list = expect.get("notifications")?;
        Some(list.span.of(list.items().iter().filter_map(|item| self.notification(item)).collect()))
    }

    fn notification(&mut self, node: &Node) -> Option<NotificationExpectation> {
        Some(NotificationExpectation {
            span: node.span.clone(),
            channel: self.name_expected(node, "channel")?,
            payload: self.name_expected(node, "payload"),
        })
    }
}
