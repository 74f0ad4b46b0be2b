//! What can be known to be wrong with an expectation before anything runs: operators that do not exist, and arguments that
//! they cannot use. Found here it is an error of the scenario, found later it would look like a failure of the system.

use super::operator::{NAMES, any, approximation, flag, pattern, unknown};
use crate::model::{Expectation, TemplatePart, Value, ValueKind, Variables};
use crate::source::{Diagnostic, Spanned};

/// Everything that is wrong with the operators of `expect`.
pub fn check(expect: &Expectation) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    expect.each().flat_map(values).for_each(|value| walk(value, &mut found));
    found
}

fn values(expect: &Expectation) -> impl Iterator<Item = &Value> {
    let cells = expect.rows.iter().flat_map(|rows| &rows.rows).flat_map(|row| &row.cells);
    let documents = expect.documents.iter().flat_map(|documents| &documents.documents);
    let single = [&expect.value, &expect.affected, &expect.reply].into_iter().flatten();
    let error = expect.error.iter().flat_map(|error| {
        let texts = [&error.sqlstate, &error.message, &error.detail, &error.hint, &error.code, &error.name];
        texts.into_iter().chain([&error.constraint, &error.table, &error.column]).flatten()
    });
    let plan = expect.plan.iter().flat_map(|plan| {
        let lists = [&plan.reads, &plan.may_read, &plan.never_reads, &plan.indexes]
            .into_iter()
            .flatten()
            .flat_map(|list| &list.value);
        lists.chain([&plan.examined_per_returned, &plan.buffers].into_iter().flatten())
    });
    let notices = expect.notices.iter().flat_map(|list| &list.value);
    let notices = notices
        .flat_map(|notice| [&notice.sqlstate, &notice.message, &notice.detail, &notice.hint].into_iter().flatten());
    let notifications = expect.notifications.iter().flat_map(|list| &list.value);
    let notifications = notifications.flat_map(|one| [Some(&one.channel), one.payload.as_ref()].into_iter().flatten());
    cells.chain(documents).chain(single).chain(error).chain(plan).chain(notices).chain(notifications)
}

fn walk(value: &Value, found: &mut Vec<Diagnostic>) {
    match &value.kind {
        ValueKind::Sequence(items) => items.iter().for_each(|item| walk(item, found)),
        ValueKind::Mapping(entries) => {
            let has_operators = entries.iter().any(|(key, _)| key.starts_with("$$"));
            for (key, argument) in entries {
                if has_operators {
                    found.extend(operator(key, argument).err());
                }
                walk(argument, found);
            }
        }
        _ => {}
    }
}

fn operator(name: &Spanned<String>, argument: &Value) -> Result<(), Diagnostic> {
    if !NAMES.contains(&name.as_str()) {
        return Err(unknown(name));
    }
    let none = Variables::new();
    match name.as_str() {
        "$$exists" => flag(argument).map(drop),
        "$$any" => any(argument).map(drop),
        "$$regex" if !has_variables(argument) => pattern(argument, &none).map(drop),
        "$$approx" if !has_variables(argument) => approximation(argument, &none).map(drop),
        _ => Ok(()),
    }
}

/// What holds a variable can be judged only when the variable has a value.
fn has_variables(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Text(template) => template.parts.iter().any(|part| matches!(part, TemplatePart::Variable { .. })),
        ValueKind::Sequence(items) => items.iter().any(has_variables),
        ValueKind::Mapping(entries) => entries.iter().any(|(_, value)| has_variables(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::testing::{expectation, value_at};

    fn messages(json: &str) -> Vec<String> {
        let mut expect = expectation();
        expect.value = Some(value_at(json, 5));
        check(&expect).into_iter().map(|diagnostic| diagnostic.message).collect()
    }

    #[test]
    fn operators_that_are_right_are_not_reported() {
        for json in [
            r#"{"$$exists": true}"#,
            r#"{"$$regex": "^a"}"#,
            r#"{"$$regex": "${name}("}"#,
            r#"{"$$approx": {"value": 1, "within": 0.5}}"#,
            r#"{"a": [{"$$any": true}], "$match": 1}"#,
            r#"{"$$gte": 1, "$$lt": 2}"#,
        ] {
            assert_eq!(messages(json), Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn an_unknown_operator_is_reported_with_the_nearest_one_at_any_depth() {
        let mut expect = expectation();
        expect.reply = Some(value_at(r#"{"a": [{"$$exist": true}]}"#, 5));
        let found = check(&expect);
        assert_eq!(found[0].message, "`$$exist` is not an operator");
        assert_eq!(found[0].help, ["The nearest operator is `$$exists`."]);
        assert_eq!(found[0].span.as_ref().unwrap().line_column().0, 5);
    }

    #[test]
    fn arguments_that_cannot_be_used_are_reported() {
        assert_eq!(messages(r#"{"$$exists": "yes"}"#), ["this operator takes `true` or `false`"]);
        assert_eq!(messages(r#"{"$$any": false}"#), ["`$$any` takes `true`"]);
        assert_eq!(messages(r#"{"$$approx": "x"}"#), ["`x` is not a number"]);
        assert_eq!(messages(r#"{"$$approx": {"value": 1}}"#), ["`$$approx` takes a number, or `{ value, within }`"]);
        assert!(messages(r#"{"$$regex": "("}"#)[0].starts_with("not a regular expression"));
        assert_eq!(messages(r#"{"$$regex": {"pattern": "a", "options": "q"}}"#), ["`q` is not an option of `$$regex`"]);
        assert_eq!(messages(r#"{"$$lt": 1, "field": 2}"#), ["`field` is not an operator"]);
    }

    #[test]
    fn every_place_where_a_value_may_stand_is_looked_at() {
        let odd = || value_at(r#"{"$$odd": 1}"#, 3);
        let mut expect = expectation();
        expect.rows = Some(crate::judge::testing::rows_expectation(r#"[[{"$$odd": 1}]]"#, true));
        expect.documents = Some(crate::judge::testing::documents_expectation(r#"[{"a": {"$$odd": 1}}]"#, true));
        (expect.value, expect.affected, expect.reply) = (Some(odd()), Some(odd()), Some(odd()));
        let mut error = crate::judge::testing::awaited();
        (error.sqlstate, error.message, error.constraint) = (Some(odd()), Some(odd()), Some(odd()));
        (error.detail, error.hint) = (Some(odd()), Some(odd()));
        (error.table, error.column, error.code, error.name) = (Some(odd()), Some(odd()), Some(odd()), Some(odd()));
        expect.error = Some(error);
        let mut plan = crate::judge::testing::plan_expectation();
        plan.reads = Some(crate::judge::testing::spanned(vec![odd()], 1));
        plan.never_reads = Some(crate::judge::testing::spanned(vec![odd()], 1));
        plan.indexes = Some(crate::judge::testing::spanned(vec![odd()], 1));
        (plan.examined_per_returned, plan.buffers) = (Some(odd()), Some(odd()));
        expect.plan = Some(plan);
        assert_eq!(check(&expect).len(), 19);
    }
}
