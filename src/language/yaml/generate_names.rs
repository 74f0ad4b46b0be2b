//! Whether the names in a `generate` lead somewhere: columns, parents, tables; and no column uses itself.

use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::model::{Engine, Generate, GeneratedTable, Kind, Resolved, Unresolved};
use crate::source::{Diagnostic, Spanned};

/// Says what of the names is wrong.
pub(super) fn check(generate: &Generate, sink: &mut Sink) {
    one_engine(generate, sink);
    for (at, table) in generate.tables.iter().enumerate() {
        twice(table, sink);
        parents(generate, at, sink);
        Names { generate, at, sink, clean: true }.check();
    }
}

fn one_engine(generate: &Generate, sink: &mut Sink) {
    let Some(first) = generate.tables.first() else { return };
    for other in generate.tables.iter().filter(|other| other.engine != first.engine) {
        let error = Diagnostic::error(&other.name.span, "one step fills tables or collections, not both");
        sink.push(error.help("make it two steps, one for each engine"));
    }
    for table in generate.tables.iter().filter(|table| table.engine == Engine::Mongo) {
        for column in &table.columns {
            if let Kind::Sequence(sequence) = &column.kind
                && let Some(of) = &sequence.of
            {
                sink.push(Diagnostic::error(&of.span, "MongoDB has no sequences").help("write `from` instead"));
            }
        }
    }
}

/// A name stands for one thing: a column, a hidden column.
fn twice(table: &GeneratedTable, sink: &mut Sink) {
    for (at, column) in table.columns.iter().enumerate() {
        if table.columns[..at].iter().any(|other| other.name.value == column.name.value) {
            let message = format!("there are two columns `{}`", column.name.value);
            sink.push(Diagnostic::error(&column.name.span, message).help("give the hidden one another name"));
        }
    }
}

fn parents(generate: &Generate, at: usize, sink: &mut Sink) {
    for parent in &generate.tables[at].parents {
        let earlier: Vec<&str> = generate.tables[..at].iter().map(|table| table.name.value.as_str()).collect();
        if earlier.contains(&parent.table.as_str()) {
            continue;
        }
        let error = Diagnostic::error(&parent.table.span, format!("`{}` is not filled before", parent.table.value));
        let near = nearest(&parent.table, earlier.iter().copied());
        sink.push(match (near, generate.table(&parent.table)) {
            (_, Some(_)) => error.help("put it earlier in `into`"),
            (Some(near), _) => error.help(format!("did you mean `{near}`?")),
            (None, _) => error.help("rows belong to tables that appear earlier in the same `into`"),
        });
    }
}

struct Names<'a, 'b> {
    generate: &'a Generate,
    at: usize,
    sink: &'b mut Sink,
    /// Whether every name of the table led somewhere.
    clean: bool,
}

impl Names<'_, '_> {
    fn table(&self) -> &GeneratedTable {
        &self.generate.tables[self.at]
    }

    fn check(&mut self) {
        let table = self.table().clone();
        for column in &table.columns {
            column.uses().into_iter().for_each(|name| drop(self.resolve(name)));
            column.per.iter().for_each(|per| self.per(per, true));
            if let Kind::Position(name) = &column.kind {
                self.per(name, false);
            }
        }
        for (at, parent) in table.parents.iter().enumerate() {
            parent.per.iter().for_each(|per| self.per(per, true));
            let later = |per: &Spanned<String>| table.parents[at..].iter().any(|other| other.name.value == per.value);
            if let Some(per) = parent.per.as_ref().filter(|per| later(per)) {
                let error = Diagnostic::error(&per.span, format!("`{}` is not picked before", per.value));
                self.sink.push(error.help("put it earlier in `belongs_to`"));
            }
        }
        if let Some(by) = &table.locale.by {
            self.resolve(by);
        }
        if self.clean {
            self.circles();
        }
    }

    fn resolve(&mut self, name: &Spanned<String>) -> Option<Resolved> {
        match self.generate.resolve(self.at, name) {
            Ok(resolved) => Some(resolved),
            Err(unresolved) => {
                self.clean = false;
                self.unknown(name, &unresolved);
                None
            }
        }
    }

    fn unknown(&mut self, name: &Spanned<String>, unresolved: &Unresolved) {
        let table = &self.generate.tables[unresolved.table];
        let declared = table.parents.iter().any(|parent| parent.name.value == unresolved.part);
        if declared && !unresolved.column {
            // What is wrong with the parent was said where it is declared.
            return;
        }
        let (what, names): (_, Vec<&str>) = match unresolved.column {
            true => ("columns", table.columns.iter().map(|column| column.name.value.as_str()).collect()),
            false => ("parents", table.parents.iter().map(|parent| parent.name.value.as_str()).collect()),
        };
        let (one, part) = (what.trim_end_matches('s'), &unresolved.part);
        let error = Diagnostic::error(&name.span, format!("`{}` has no {one} `{part}`", table.name.value));
        self.sink.push(match nearest(part, names.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(listed(what, &names)),
        });
    }

    /// `per` and `position` name a sequence of the same table, `per` also a parent.
    fn per(&mut self, name: &Spanned<String>, parents: bool) {
        let table = self.table();
        let column = table.columns.iter().find(|column| column.name.value == name.value);
        let sequence = column.is_some_and(|column| matches!(column.kind, Kind::Sequence(_)));
        if sequence || (parents && table.parents.iter().any(|parent| parent.name.value == name.value)) {
            return;
        }
        let error = Diagnostic::error(&name.span, format!("`{}` is not a sequence of this table", name.value));
        self.sink.push(error.help(match parents {
            true => "name a column with `sequence` and `repeat`, or something under `belongs_to`",
            false => "name a column with `sequence` and `repeat`",
        }));
    }

    /// A column that needs itself, by way of others of its table (other tables come earlier), never has a value.
    fn circles(&mut self) {
        for column in 0..self.table().columns.len() {
            let mut seen = vec![];
            if self.needs(column, column, &mut seen) {
                let name = &self.table().columns[column].name;
                let error = Diagnostic::error(&name.span, format!("`{}` is made from itself", name.value));
                return self.sink.push(error.help("let one of the columns on the way use another"));
            }
        }
    }

    fn needs(&self, column: usize, wanted: usize, seen: &mut Vec<usize>) -> bool {
        self.used_by(column).into_iter().any(|used| {
            used == wanted
                || (!seen.contains(&used) && {
                    seen.push(used);
                    self.needs(used, wanted, seen)
                })
        })
    }

    /// The columns of the same table that a column is made from, that of its locale too.
    fn used_by(&self, column: usize) -> Vec<usize> {
        let table = self.table();
        let column = &table.columns[column];
        let locale = table.locale.by.as_ref().filter(|_| column.has_locale());
        let names = column.uses().into_iter().chain(locale);
        let own = names.filter_map(|name| self.generate.resolve(self.at, name).ok());
        own.filter(|resolved| resolved.parents.is_empty()).map(|resolved| resolved.column).collect()
    }
}

/// `its columns are …`, for a help.
fn listed(what: &str, names: &[&str]) -> String {
    match names.is_empty() {
        true => format!("it has no {what}"),
        false => format!("its {what} are {}", enumerate(names, "and")),
    }
}
