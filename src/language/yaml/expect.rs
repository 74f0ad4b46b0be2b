//! Decodes `expect`.

use super::decoder::{Decoder, Standing};
use super::names;
use super::tree::{Entry, Node, NodeKind};
use crate::language::duration::duration;
use crate::model::{
    Alternative, AwaitedError, ColumnExpectation, DocumentsExpectation, Expectation, PlanExpectation, Recorded,
    RowExpectation, RowsExpectation, Template, Value, ValueKind, decimal,
};
use crate::source::{Diagnostic, Span, Spanned};

impl Decoder<'_> {
    /// The mapping under `expect`.
    pub fn expectation(&mut self, node: &Node) -> Expectation {
        self.exclusive(node, "rows", "rows_unordered");
        self.exclusive(node, "documents", "documents_unordered");
        Expectation {
            span: node.span.clone(),
            rows: self.within(Standing::Cell, |decoder| decoder.rows(node)),
            value: self.within(Standing::Cell, |decoder| decoder.expected(node, "value")),
            columns: node.get("columns").map(|columns| columns.span.of(self.columns(columns))),
            affected: self.affected(node),
            empty: bool_of(node, "empty"),
            error: node.get("error").map(|error| self.awaited_error(error)),
            documents: self.within(Standing::Document, |decoder| decoder.documents(node)),
            reply: self.within(Standing::Document, |decoder| decoder.reply(node)),
            plan: node.get("plan").map(|plan| self.plan(plan)),
            notices: self.notices(node),
            notifications: self.notifications(node),
            agree: bool_of(node, "agree"),
            recorded: node.scalar_of("recorded").and_then(|word| Some(word.span.of(recorded(&word)?))),
            within: node.scalar_of("within").and_then(|t| duration(&t).ok().map(|value| t.span.of(value))),
            one_of: node.get("one_of").map(|list| list.span.of(self.alternatives(list))),
        }
    }

    fn alternatives(&mut self, node: &Node) -> Vec<Alternative> {
        let alternative =
            |entry: &Entry| Alternative { name: entry.key.clone(), expect: self.expectation(&entry.value) };
        node.entries().iter().map(alternative).collect()
    }

    /// A value in which `$$` operators mean something.
    pub(super) fn expected(&mut self, node: &Node, key: &str) -> Option<Value> {
        let value = self.value_of(node, key)?;
        self.operators(&value);
        Some(value)
    }

    fn exclusive(&mut self, node: &Node, first: &str, second: &str) {
        if let (Some(_), Some(second)) = (node.entry(first), node.entry(second)) {
            let error = Diagnostic::error(&second.key.span, format!("`{first}` is expected already"));
            self.sink.push(error.help(format!("keep `{first}` or `{}`", second.key.value)));
        }
    }

    fn rows(&mut self, node: &Node) -> Option<RowsExpectation> {
        let (list, ordered) = one_of_two(node, "rows", "rows_unordered")?;
        if matches!(list.kind, NodeKind::Text(_)) {
            let listed = self.listed(list, "write a list of rows, or one variable: `rows: ${rows}`")?;
            return Some(RowsExpectation { rows: vec![], ordered, listed: Some(listed), span: list.span.clone() });
        }
        let rows: Vec<RowExpectation> = list.items().iter().map(|row| self.row(row)).collect();
        if let Some(first) = rows.first() {
            let width = first.cells.len();
            for row in rows.iter().filter(|row| row.cells.len() != width) {
                let message = format!("this row has {}, the first has {width}", cells(row.cells.len()));
                self.sink.push(Diagnostic::error(&row.span, message).help("give each row the same cells"));
            }
        }
        Some(RowsExpectation { rows, ordered, listed: None, span: list.span.clone() })
    }

    /// The variable that lists rows or documents.
    fn listed(&mut self, node: &Node, help: &str) -> Option<Value> {
        let value = self.value(node);
        if matches!(&value.kind, ValueKind::Text(template) if template.as_variable().is_some()) {
            return Some(value);
        }
        self.sink.push(Diagnostic::error(&node.head, "this is text, and no list").help(help));
        None
    }

    fn row(&mut self, node: &Node) -> RowExpectation {
        let cells: Vec<Value> = node.items().iter().map(|cell| self.value(cell)).collect();
        cells.iter().for_each(|cell| self.operators(cell));
        RowExpectation { cells, span: node.span.clone() }
    }

    fn columns(&mut self, node: &Node) -> Vec<ColumnExpectation> {
        let columns: Vec<ColumnExpectation> = match &node.kind {
            NodeKind::Mapping(_) => typed_columns(node),
            _ => node.items().iter().flat_map(|item| self.column(item)).collect(),
        };
        let types = columns.iter().filter_map(|column| column.type_name.as_ref());
        types.filter_map(|name| names::column_type(name, &name.span)).for_each(|wrong| self.sink.push(wrong));
        columns
    }

    fn column(&mut self, node: &Node) -> Vec<ColumnExpectation> {
        if let Some(name) = node.scalar() {
            return vec![ColumnExpectation { name, type_name: None }];
        }
        if matches!(node.kind, NodeKind::Mapping(_)) && node.entries().len() != 1 {
            let error = Diagnostic::error(&node.head, "a column is one name, or one name with its type");
            self.sink.push(error.help("write `[id, { price: numeric }]`"));
        }
        typed_columns(node)
    }

    fn affected(&mut self, node: &Node) -> Option<Value> {
        let value = self.expected(node, "affected")?;
        let holds = match &value.kind {
            ValueKind::Number(text) => decimal(text).bytes().all(|b| b.is_ascii_digit()),
            ValueKind::Text(template) => template.as_variable().is_some(),
            ValueKind::Mapping(fields) => fields.iter().all(|(key, _)| key.starts_with("$$")),
            _ => false,
        };
        if !holds {
            let error = Diagnostic::error(&value.span, "`affected` takes a whole number, a variable or an operator");
            self.sink.push(error.help("write `affected: 1`, or `affected: { $$gte: 1 }`"));
        }
        Some(value)
    }

    fn documents(&mut self, node: &Node) -> Option<DocumentsExpectation> {
        let (list, ordered) = one_of_two(node, "documents", "documents_unordered")?;
        if matches!(list.kind, NodeKind::Text(_)) {
            let listed = self.listed(list, "write a list of documents, or one variable: `documents: ${documents}`")?;
            let span = list.span.clone();
            return Some(DocumentsExpectation { documents: vec![], ordered, listed: Some(listed), span });
        }
        let documents: Vec<Value> = list.items().iter().map(|document| self.value(document)).collect();
        for document in &documents {
            self.operators(document);
            if matches!(&document.kind, ValueKind::Text(template) if template.as_variable().is_none()) {
                let error = Diagnostic::error(&document.span, "a document is a mapping, or one variable");
                self.sink.push(error.help("write `{ field: value }` or `\"${name}\"`"));
            }
        }
        Some(DocumentsExpectation { documents, ordered, listed: None, span: list.span.clone() })
    }

    fn reply(&mut self, node: &Node) -> Option<Value> {
        let reply = self.expected(node, "reply")?;
        if matches!(&reply.kind, ValueKind::Mapping(fields) if fields.is_empty()) {
            self.sink.error(&reply.span, "an empty `reply` expects nothing: every reply has it");
        }
        Some(reply)
    }

    fn awaited_error(&mut self, node: &Node) -> AwaitedError {
        AwaitedError {
            span: node.span.clone(),
            refused: self.refused(node),
            sqlstate: self.refusal(node),
            message: self.expected(node, "message"),
            detail: self.expected(node, "detail"),
            hint: self.expected(node, "hint"),
            constraint: self.name_expected(node, "constraint"),
            table: self.name_expected(node, "table"),
            column: self.name_expected(node, "column"),
            code: self.code(node),
            name: self.error_name(node),
            labels: node.get("labels").map(|list| list.span.of(self.labels(list))),
        }
    }

    /// Where a refusal for content is asked for. A code beside it would be the choice of one design.
    fn refused(&mut self, node: &Node) -> Option<Span> {
        let refused = bool_of(node, "refused")?;
        if !refused.value {
            let error =
                Diagnostic::error(&refused.span, "a statement that is not refused for its content says nothing");
            self.sink.push(error.help("remove it, or say which error is expected: `error: { sqlstate: \"40001\" }`"));
        }
        for entry in ["sqlstate", "code", "name"].into_iter().filter_map(|key| node.entry(key)) {
            let error = Diagnostic::error(
                &entry.key.span,
                format!("`refused` leaves the code open, and `{}` names it", entry.key.value),
            );
            self.sink.push(error.help("keep one of the two"));
        }
        Some(refused.span)
    }

    /// The number of a code of MongoDB; text is right only where a variable gives the number.
    fn code(&mut self, node: &Node) -> Option<Value> {
        let value = self.expected(node, "code")?;
        let ValueKind::Text(template) = &value.kind else { return Some(value) };
        let Some(text) = template.as_literal() else { return Some(value) };
        let error = Diagnostic::error(&value.span, "`code` takes a number");
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        self.sink.push(match digits {
            true => error.help(format!("remove the quotes: `code: {text}`")),
            false => error.help(format!("the name of a code goes under `name`: `name: {text}`")),
        });
        Some(value)
    }

    fn error_name(&mut self, node: &Node) -> Option<Value> {
        let value = self.expected(node, "name")?;
        if let ValueKind::Text(template) = &value.kind {
            let name = template.as_literal();
            let wrong = name.and_then(|name| names::error_name(name, &value.span));
            wrong.into_iter().for_each(|wrong| self.sink.push(wrong));
        }
        Some(value)
    }

    fn labels(&mut self, list: &Node) -> Vec<Spanned<String>> {
        let labels = texts(list);
        let wrong = labels.iter().filter_map(|label| names::label(label, &label.span));
        wrong.for_each(|wrong| self.sink.push(wrong));
        labels
    }

    /// An SQLSTATE or its class.
    pub(super) fn sqlstate(&mut self, node: &Node) -> Option<Value> {
        let value = self.name_expected(node, "sqlstate")?;
        let ValueKind::Text(template) = &value.kind else { return Some(value) };
        let Some(code) = template.as_literal() else { return Some(value) };
        let letters = code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !(letters && matches!(code.len(), 2 | 5)) {
            let error = Diagnostic::error(&value.span, format!("`{code}` is not an SQLSTATE"));
            self.sink.push(
                error.help("an SQLSTATE has five digits and capital letters (`23505`), a class the first two (`23`)"),
            );
        }
        Some(value)
    }

    /// The SQLSTATE of an error, which is not that of success (that of a plain NOTICE).
    fn refusal(&mut self, node: &Node) -> Option<Value> {
        let value = self.sqlstate(node)?;
        let ValueKind::Text(template) = &value.kind else { return Some(value) };
        if let Some(code @ ("00" | "00000")) = template.as_literal() {
            let error = Diagnostic::error(&value.span, format!("`{code}` is success, not an error"));
            self.sink.push(error.help("remove `error`"));
        }
        Some(value)
    }

    /// A name: what looks like a number is text all the same (`sqlstate: 23505`).
    pub(super) fn name_expected(&mut self, node: &Node, key: &str) -> Option<Value> {
        let value = self.expected(node, key)?;
        Some(match value.kind {
            ValueKind::Number(text) => {
                Value { kind: ValueKind::Text(Template::literal(text, value.span.clone())), span: value.span }
            }
            _ => value,
        })
    }

    fn plan(&mut self, node: &Node) -> PlanExpectation {
        if let (Some(may), None) = (node.get("may_read"), node.get("reads")) {
            let error = Diagnostic::error(&may.head, "`may_read` alone says nothing");
            self.sink.push(error.help("add `reads`, what must be read"));
        }
        // A slip in a name would hold for ever.
        if let (Some(never), [_]) = (node.get("never_reads"), node.entries()) {
            let error =
                Diagnostic::error(&never.head, "`never_reads` alone holds of every plan that reads something else");
            self.sink.push(error.help("add what the plan must be like: `indexes`, `examined_per_returned`"));
        }
        PlanExpectation {
            span: node.span.clone(),
            reads: self.values(node, "reads"),
            may_read: self.values(node, "may_read"),
            never_reads: self.values(node, "never_reads"),
            indexes: self.values(node, "indexes"),
            forbid: node.get("forbid").map(|list| list.span.of(texts(list))),
            require: node.get("require").map(|list| list.span.of(texts(list))),
            examined_per_returned: self.value_of(node, "examined_per_returned"),
            buffers: self.value_of(node, "buffers"),
        }
    }

    fn values(&mut self, node: &Node, key: &str) -> Option<Spanned<Vec<Value>>> {
        let list = node.get(key)?;
        Some(list.span.of(list.items().iter().map(|item| self.value(item)).collect()))
    }
}

fn recorded(word: &str) -> Option<Recorded> {
    match word {
        "present" => Some(Recorded::Present),
        "once" => Some(Recorded::Once),
        "exactly" => Some(Recorded::Exactly),
        _ => None,
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

fn bool_of(node: &Node, key: &str) -> Option<Spanned<bool>> {
    let value = node.get(key)?;
    match value.kind {
        NodeKind::Bool(truth) => Some(value.span.of(truth)),
        _ => None,
    }
}

fn one_of_two<'a>(node: &'a Node, ordered: &str, unordered: &str) -> Option<(&'a Node, bool)> {
    node.get(ordered).map(|list| (list, true)).or_else(|| node.get(unordered).map(|list| (list, false)))
}

fn typed_columns(node: &Node) -> Vec<ColumnExpectation> {
    node.entries()
        .iter()
        .map(|entry| ColumnExpectation { name: entry.key.clone(), type_name: entry.value.scalar() })
        .collect()
}

/// The texts of a list.
pub(crate) fn texts(node: &Node) -> Vec<Spanned<String>> {
    node.items().iter().filter_map(Node::scalar).collect()
}
