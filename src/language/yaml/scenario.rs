//! Decodes a scenario file.

use std::sync::Arc;

use super::ambiguous::cut_off;
use super::decoder::{Decoder, Scope, Standing};
use super::expect::texts;
use super::keys::SCENARIO;
use super::tree::{Node, NodeKind};
use super::{check, flow, read};
use crate::language::Parsed;
use crate::language::duration::duration;
use crate::language::need::need;
use crate::language::sink::Sink;
use crate::model::{Action, Binding, Body, Case, Format, Need, Scenario, Step};
use crate::source::{Diagnostic, SourceFile, Span, Spanned};

/// Reads a YAML scenario.
pub(crate) fn scenario(file: &Arc<SourceFile>, path: &str) -> Result<Parsed<Scenario>, Vec<Diagnostic>> {
    let root = read::tree(file).map_err(|diagnostic| vec![diagnostic])?;
    let mut sink = Sink::default();
    check::root(&root, &SCENARIO, &mut sink);
    let mut decoder = Decoder { sink: &mut sink, scope: Scope::closed(), standing: Standing::default() };
    let scenario = decoder.scenario(&root, path);
    sink.finish(scenario)
}

impl Decoder<'_> {
    fn scenario(&mut self, root: &Node, path: &str) -> Option<Scenario> {
        let title = root.scalar_of("scenario");
        if let Some(title) = title.as_ref().filter(|title| title.trim().is_empty()) {
            self.sink.error(&title.span, "the title is empty: say what holds");
        }
        let vars = root.get("vars").map(|vars| self.bindings(vars, true)).unwrap_or_default();
        let cases = self.cases(root);
        let steps = self.steps(root.get("steps"));
        let finally = self.steps(root.get("finally"));
        flow::check(steps.iter().chain(&finally), self.sink);
        self.vacuous(root, &steps);
        self.ask_of_variables(vars.iter().chain(cases.iter().flat_map(|case| &case.bindings)));
        ["scenario", "design", "todo"]
            .iter()
            .filter_map(|key| root.get(key))
            .for_each(|prose| cut_off(prose, true, self.sink));
        self.unused(&vars, &cases, steps.iter().chain(&finally));
        Some(Scenario {
            path: path.into(),
            format: Format::Yaml,
            span: title.as_ref().map_or(root.head.clone(), |title| title.span.clone()),
            title: title?,
            requirements: root.get("requirements").map(texts).unwrap_or_default(),
            design: root.scalar_of("design").map(|text| text.value),
            tags: root.get("tags").map(texts).unwrap_or_default(),
            points: self.points(root),
            hidden: is_true(root, "hidden"),
            probe: is_true(root, "probe"),
            system: root.scalar_of("system"),
            needs: root.get("needs").map(|needs| self.needs(texts(needs))).unwrap_or_default(),
            vars,
            cases,
            timeout: root.scalar_of("timeout").and_then(|text| duration(&text).ok()),
            todo: root.scalar_of("todo").map(|text| text.value),
            body: Body::Steps { steps, finally },
        })
    }

    fn points(&mut self, root: &Node) -> f64 {
        let number = root.get("points").filter(|node| matches!(node.kind, NodeKind::Number(_)));
        number.and_then(Node::scalar).map_or(1.0, |text| points(&text, self.sink))
    }

    /// The entries of `needs`.
    pub fn needs(&mut self, list: Vec<Spanned<String>>) -> Vec<Spanned<Need>> {
        list.into_iter().filter_map(|text| read_need(&text, self.sink)).collect()
    }

    /// The rows of `cases`; after them their names are known.
    fn cases(&mut self, root: &Node) -> Vec<Case> {
        let rows = root.get("cases").map(Node::items).unwrap_or_default();
        let outside = self.scope.known.clone();
        let mut cases = vec![];
        for (index, row) in rows.iter().enumerate() {
            self.scope.known = outside.clone();
            cases.push(self.case(row, index + 1));
        }
        self.scope.known = outside;
        if let Some(first) = cases.first() {
            first.bindings.iter().for_each(|binding| self.scope.add(&binding.name));
        }
        self.same_names(&cases);
        self.distinct(&cases);
        cases
    }

    fn case(&mut self, row: &Node, number: usize) -> Case {
        let mut bindings = self.bindings(row, true);
        let name = row.scalar_of("case").map_or(number.to_string(), |name| name.value);
        bindings.retain(|binding| binding.name.value != "case");
        Case { name, bindings, span: row.head.clone() }
    }

    fn same_names(&mut self, cases: &[Case]) {
        let names = |case: &Case| case.bindings.iter().map(|binding| binding.name.value.clone()).collect::<Vec<_>>();
        let Some(first) = cases.first().map(names) else { return };
        for case in &cases[1..] {
            let own = names(case);
            if let Some(missing) = first.iter().find(|name| !own.contains(name)) {
                let error = Diagnostic::error(&case.span, format!("this case has no `{missing}`"));
                self.sink.push(error.help("all cases bind the same names"));
            }
            for extra in case.bindings.iter().filter(|binding| !first.contains(&binding.name.value)) {
                let message = format!("the first case has no `{}`", extra.name.value);
                self.sink.push(Diagnostic::error(&extra.name.span, message).help("all cases bind the same names"));
            }
        }
    }

    fn distinct(&mut self, cases: &[Case]) {
        for (index, case) in cases.iter().enumerate() {
            if cases[..index].iter().any(|other| other.name == case.name) {
                let error = Diagnostic::error(&case.span, format!("two cases are named `{}`", case.name));
                self.sink.push(error.help("give each its own `case: name`"));
            }
        }
    }

    fn vacuous(&mut self, root: &Node, steps: &[Step]) {
        let Some(entry) = root.entry("steps").filter(|_| !steps.is_empty()) else { return };
        // A slip in the key `expect` is an error already, and this one would only hide it.
        if self.sink.is_clean() && !flow::expects_something(steps) {
            let error =
                Diagnostic::error(&entry.key.span, "this scenario expects nothing: it would pass whatever comes back");
            self.sink.push(error.label("no step has `expect`").help("add `expect` or `golden` to a step"));
        }
    }

    /// A variable that no step uses proves nothing. The steps of a `use` may use any.
    fn unused<'a>(&mut self, vars: &[Binding], cases: &[Case], mut steps: impl Iterator<Item = &'a Step>) {
        if steps.any(|step| matches!(step.action, Action::Use { .. })) {
            return;
        }
        let first_case = cases.first().map(|case| case.bindings.as_slice()).unwrap_or_default();
        for binding in vars.iter().chain(first_case) {
            if !self.scope.used.contains(&binding.name.value) {
                let warning = Diagnostic::error(&binding.name.span, format!("no step uses `{}`", binding.name.value));
                self.sink.push(
                    warning.warning().help(format!("write `${{{}}}` in a step, or remove it", binding.name.value)),
                );
            }
        }
    }
}

fn is_true(root: &Node, key: &str) -> bool {
    matches!(root.get(key).map(|node| &node.kind), Some(NodeKind::Bool(true)))
}

/// A share: a number that is not negative.
pub(crate) fn points(text: &Spanned<String>, sink: &mut Sink) -> f64 {
    match text.parse::<f64>() {
        Ok(points) if points.is_finite() && points >= 0.0 => points,
        _ => {
            let error = Diagnostic::error(&text.span, format!("`{}` cannot be points", text.value));
            sink.push(error.help("points are a number, zero or more"));
            0.0
        }
    }
}

/// One entry of `needs`.
pub(crate) fn read_need(text: &Spanned<String>, sink: &mut Sink) -> Option<Spanned<Need>> {
    match need(text) {
        Ok(need) => Some(text.span.of(need)),
        Err(cause) => {
            sink.push(wrong_need(&text.span, cause));
            None
        }
    }
}

fn wrong_need(span: &Span, cause: String) -> Diagnostic {
    Diagnostic::error(span, cause).help("a need is `faults`, `pg >= 17`, `mongo members >= 3` or `pg.apj`")
}
