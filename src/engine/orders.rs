//! From a step to orders: one for each node that it runs on, with every variable filled in.

use bson::{Bson, Document};

use super::order::{Order, Recipient, SqlText, Work};
use super::outcome::Trouble;
use super::stage::Stage;
use crate::backend::BackendError;
use crate::backend::pg::Parameter;
use crate::generate::Plan;
use crate::language::sql::{self, ScriptPart};
use crate::model::ValueKind;
use crate::model::{
    Action, Datum, Engine, Expectation, ExplainTarget, Load, NodeSelector, SqlSource, Step, TransactionVerb, Value,
    relaxed_json,
};
use crate::source::{Diagnostic, SourceFile, Span};
use crate::variables;

impl Stage<'_> {
    /// The orders of a step that speaks to nodes.
    pub(super) fn orders(&mut self, step: &Step) -> Result<Vec<Order>, Trouble> {
        let selectors: Vec<(NodeSelector, Span)> = match step.on.as_slice() {
            [] => step.default_selector().map(|on| (on, step.action_span.clone())).into_iter().collect(),
            on => on.iter().map(|on| (on.value.clone(), on.span.clone())).collect(),
        };
        let mut orders = vec![];
        for (selector, span) in selectors {
            let found = orders.len();
            match selector.engine() {
                Engine::Pg => self.pg_orders(step, &selector, &mut orders)?,
                Engine::Mongo => self.mongo_orders(step, &selector, &mut orders)?,
            }
            if orders.len() == found {
                return Err(Diagnostic::error(&span, format!("there is no node `{selector}` in this topology")).into());
            }
        }
        Ok(orders)
    }

    fn pg_orders(&mut self, step: &Step, selector: &NodeSelector, orders: &mut Vec<Order>) -> Result<(), Trouble> {
        for peer in self.context.servers.peers(selector) {
            if !self.transport.copy().peers.contains_key(&peer.name) {
                continue;
            }
            self.variables.insert("node".into(), Datum::Text(peer.name.name.clone()));
            let work = self.pg_work(step)?;
            orders.push(self.order(step, peer.name.to_string(), Recipient::Pg(peer.name.clone()), work));
        }
        Ok(())
    }

    fn order(&self, step: &Step, node: String, to: Recipient, work: Work) -> Order {
        let session = step.session.as_ref().map(|name| name.value.clone());
        Order { node, to, session, work, limit: self.limit(step), keep: super::keep::of(step) }
    }

    fn pg_work(&self, step: &Step) -> Result<Work, Trouble> {
        match &step.action {
            Action::Sql { source, params, stdin } => {
                let mut texts = self.sql_texts(source)?;
                if let (Some(stdin), [text]) = (stdin, texts.as_mut_slice()) {
                    text.stdin = Some(variables::text(stdin, &self.variables)?.into());
                }
                let parameters = params.iter().map(|value| self.parameter(value)).collect::<Result<_, _>>()?;
                Ok(Work::Sql { texts, parameters })
            }
            Action::Explain(ExplainTarget::Sql(text)) => Ok(Work::ExplainSql(variables::sql(text, &self.variables)?)),
            Action::Load(load) => self.load_csv(load),
            Action::Generate(spec) => Ok(Work::Generate(Plan::new(spec, &self.variables)?)),
            _ => Err(Diagnostic::error(&step.action_span, "this cannot be sent to PostgreSQL").into()),
        }
    }

    fn sql_texts(&self, source: &SqlSource) -> Result<Vec<SqlText>, Trouble> {
        match source {
            SqlSource::Text(text) => Ok(vec![SqlText::new(variables::sql(text, &self.variables)?)]),
            SqlSource::File(file) => {
                let bytes = self.context.host.read(&file.span, &file.value)?;
                let text =
                    String::from_utf8(bytes).map_err(|_| Diagnostic::error(&file.span, "this file is not in UTF-8"))?;
                script_texts(&file.value, &text)
            }
        }
    }

    fn parameter(&self, value: &Value) -> Result<Parameter, Trouble> {
        Ok(match variables::datum(value, &self.variables)? {
            Datum::Null | Datum::Bson(Bson::Null | Bson::Undefined) => Parameter::default(),
            other => {
                let (json, items) = match &other {
                    Datum::Bson(list @ Bson::Array(items)) => {
                        (Some(relaxed_json(list).to_string()), variables::type_of_items(items))
                    }
                    _ => (None, None),
                };
                Parameter { text: Some(variables::sql_text(&other)), json, items }
            }
        })
    }

    fn load_csv(&self, load: &Load) -> Result<Work, Trouble> {
        let data = self.context.host.read(&load.file.span, &load.file.value)?;
        let (columns, data) =
            super::load::csv_table(&data).map_err(|cause| Diagnostic::error(&load.file.span, cause))?;
        Ok(Work::CopyCsv { table: load.into.value.clone(), columns, data })
    }

    fn mongo_orders(&mut self, step: &Step, selector: &NodeSelector, orders: &mut Vec<Order>) -> Result<(), Trouble> {
        let set = self.context.servers.mongo.as_ref();
        let set = set.ok_or_else(|| BackendError::Other("there is no MongoDB in this topology".into()))?;
        for target in set.targets(selector) {
            let work = self.mongo_work(step)?;
            orders.push(self.order(step, set.name(&target), Recipient::Mongo(target), work));
        }
        Ok(())
    }

    fn mongo_work(&self, step: &Step) -> Result<Work, Trouble> {
        let database = self.transport.copy().database.clone();
        let start = match step.transaction.as_ref().map(|verb| &verb.value) {
            Some(TransactionVerb::Start { options }) => {
                Some(options.as_ref().map(|options| self.command(options)).transpose()?)
            }
            Some(TransactionVerb::Commit) => return Ok(Work::Commit),
            Some(TransactionVerb::Abort) => return Ok(Work::Abort),
            None => None,
        };
        match (&step.action, start) {
            (Action::Mongo(command), start) => {
                let (database, document) = self.routed(database, self.command(command)?);
                let stream = step.stream.as_ref().map(|name| name.value.clone());
                let whole_reply = wants_write_errors(step);
                Ok(Work::Mongo { database, document, start, whole_reply, stream })
            }
            (Action::Explain(ExplainTarget::Mongo(command)), _) => {
                let (database, document) = self.routed(database, self.command(command)?);
                Ok(Work::ExplainMongo { database, document })
            }
            (Action::Load(load), _) => {
                let data = self.context.host.read(&load.file.span, &load.file.value)?;
                let documents = super::load::documents(&load.file.value, &data)
                    .map_err(|cause| Diagnostic::error(&load.file.span, cause))?;
                Ok(Work::LoadDocuments { collection: load.into.value.clone(), documents })
            }
            (Action::Generate(spec), _) => Ok(Work::Generate(Plan::new(spec, &self.variables)?)),
            (Action::Transaction, Some(options)) => Ok(Work::Start(options)),
            _ => Err(Diagnostic::error(&step.action_span, "this cannot be sent to MongoDB").into()),
        }
    }

    /// `$db: admin` in a command sends it to that database instead of the scenario's own.
    fn routed(&self, database: String, mut document: Document) -> (String, Document) {
        match document.remove("$db") {
            Some(Bson::String(other)) => (other, document),
            _ => (database, document),
        }
    }

    fn command(&self, value: &Value) -> Result<Document, Trouble> {
        match &value.kind {
            ValueKind::Mapping(entries) => Ok(variables::document(entries, &self.variables)?),
            _ => Err(Diagnostic::error(&value.span, "a command is a mapping").into()),
        }
    }
}

/// Whether a step speaks of the errors of single writes (`writeErrors`, `writeConcernError`) as parts of the reply: then the
/// whole reply is judged, and these errors do not refuse it.
fn wants_write_errors(step: &Step) -> bool {
    let names = |reply: &Value| match &reply.kind {
        ValueKind::Mapping(entries) => {
            entries.iter().any(|(key, _)| matches!(key.as_str(), "writeErrors" | "writeConcernError"))
        }
        _ => false,
    };
    step.expect.iter().flat_map(Expectation::each).filter_map(|expect| expect.reply.as_ref()).any(names)
}

/// A script in the pieces in which it is sent: the data of each COPY with its command, all the SQL between in one message.
fn script_texts(name: &str, text: &str) -> Result<Vec<SqlText>, Trouble> {
    let file = SourceFile::new(name, text.strip_prefix('\u{feff}').unwrap_or(text));
    let of = |span: &Span| file.text()[span.start..span.end].to_string();
    let text = |part: &ScriptPart| match part {
        ScriptPart::Sql(sql) => SqlText::new(of(sql)),
        ScriptPart::Copy { command, data } => SqlText { sql: of(command), stdin: Some(of(data).into()) },
    };
    match sql::script(&file) {
        Ok(parts) => Ok(parts.iter().map(text).collect()),
        Err(mut errors) => Err(errors.swap_remove(0).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_sent_in_pieces_with_the_data_of_each_copy() {
        let script = "\u{feff}CREATE TABLE t (a int); SELECT 1;\nCOPY t FROM stdin;\n1\n2\n\\.\nSELECT 2;\n";
        let texts = script_texts("dump.sql", script).unwrap_or_default();
        let shown: Vec<(&str, Option<&[u8]>)> =
            texts.iter().map(|text| (text.sql.trim(), text.stdin.as_deref())).collect();
        let copy = ("COPY t FROM stdin", Some(b"1\n2\n".as_slice()));
        assert_eq!(shown, [("CREATE TABLE t (a int); SELECT 1;", None), copy, ("SELECT 2;", None)]);
    }
}
