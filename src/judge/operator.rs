//! The `$$` operators: those of MongoDB's Unified Test Format with their meaning there, and polyspec's own. In SQL a NULL
//! is what a missing field is in a document.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};

use super::actual::Actual;
use super::decimal::Decimal;
use super::desk::Standing;
use super::json::Json;
use super::matching::{Entries, Match, Miss, leaf, matches as matches_value};
use super::{bson_order, cell, key_order, show};
use crate::model::{Datum, Value, ValueKind, Variables, decimal};
use crate::source::{Diagnostic, Spanned};
use crate::variables;

/// All operators.
pub(super) const NAMES: [&str; 14] = [
    "$$exists",
    "$$type",
    "$$unsetOrMatches",
    "$$matchesEntity",
    "$$lte",
    "$$gte",
    "$$lt",
    "$$gt",
    "$$ne",
    "$$regex",
    "$$approx",
    "$$any",
    "$$size",
    "$$ordered",
];

/// The relative difference that `$$approx` allows when nothing is said.
const NEARLY: f64 = 1e-9;

/// The entries of a mapping that is made of operators.
pub(super) fn operators(value: &Value) -> Option<&Entries> {
    match &value.kind {
        ValueKind::Mapping(entries) if entries.iter().any(|(key, _)| key.starts_with("$$")) => Some(entries),
        _ => None,
    }
}

/// Whether all of the operators hold.
pub(super) fn matches(operators: &Entries, actual: &Actual, variables: &Variables) -> Match {
    operators.iter().try_for_each(|(name, argument)| one(name, argument, actual, variables))
}

fn one(name: &Spanned<String>, argument: &Value, actual: &Actual, variables: &Variables) -> Match {
    let holds = match name.as_str() {
        "$$exists" => flag(argument)? != actual.is_unset(),
        "$$type" => type_names(argument, variables)?.iter().any(|name| actual.has_type(name)),
        "$$unsetOrMatches" => {
            return if actual.is_unset() { Ok(()) } else { matches_value(argument, actual, variables) };
        }
        "$$matchesEntity" => return leaf(entity(argument, variables)?, actual),
        "$$lte" => compare(argument, actual, variables, Ordering::is_le)?,
        "$$gte" => compare(argument, actual, variables, Ordering::is_ge)?,
        "$$lt" => compare(argument, actual, variables, Ordering::is_lt)?,
        "$$gt" => compare(argument, actual, variables, Ordering::is_gt)?,
        "$$ne" => differs(argument, actual, variables)?,
        "$$regex" => {
            let regex = pattern(argument, variables)?;
            actual.text().is_some_and(|text| regex.is_match(text))
        }
        "$$approx" => approximately(argument, actual, variables)?,
        "$$any" => any(argument)? && !matches!(actual, Actual::Missing),
        "$$size" => return size(argument, actual, variables),
        "$$ordered" => return key_order::matches(argument, actual, variables),
        _ => return Err(unknown(name).into()),
    };
    if holds {
        return Ok(());
    }
    Err(Miss::differs(format!("expected {}, got {}", show::operator(name, argument, variables), actual.show())))
}

/// An operator that does not exist, with the nearest one that does.
pub(super) fn unknown(name: &Spanned<String>) -> Diagnostic {
    let nearest = NAMES.iter().max_by(|one, other| {
        let near = |known: &str| strsim::jaro_winkler(known, name);
        near(one).total_cmp(&near(other))
    });
    let diagnostic = Diagnostic::error(&name.span, format!("`{}` is not an operator", name.value));
    if !name.starts_with("$$") {
        return diagnostic
            .help("Operators and fields cannot be mixed in one mapping: put the fields one level deeper.");
    }
    match nearest {
        Some(nearest) => diagnostic.help(format!("The nearest operator is `{nearest}`.")),
        None => diagnostic,
    }
}

/// Whether what came stands to the argument as `test` wants it.
fn compare(argument: &Value, actual: &Actual, variables: &Variables, test: fn(Ordering) -> bool) -> Result<bool, Miss> {
    let limit = variables::datum(argument, variables)?;
    match ordering(&limit, actual) {
        Standing::Is(order) => Ok(test(order.reverse())),
        Standing::Apart => Ok(false),
        Standing::Open => Ok(true),
        Standing::NoOrder => {
            Err(Diagnostic::error(&argument.span, format!("values of type `{}` have no order", actual.type_name()))
                .into())
        }
    }
}

/// How the limit stands to what came, in the order of what came.
fn ordering(limit: &Datum, actual: &Actual) -> Standing {
    match actual {
        Actual::Missing | Actual::Cell { text: None, .. } => Standing::Apart,
        Actual::Cell { place, text: Some(text), .. } => cell::order(limit, *place, text),
        Actual::Bson(got) => {
            bson_order::standing(&variables::datum_to_bson(limit), got).map_or(Standing::Apart, Standing::Is)
        }
        Actual::Json(json) => json_order(&cell::simple(limit), json).map_or(Standing::Apart, Standing::Is),
    }
}

fn json_order(limit: &Datum, json: &Json) -> Option<Ordering> {
    match (limit, json) {
        (Datum::Number(limit), Json::Number(got)) => Some(Decimal::parse(&decimal(limit))?.cmp(&Decimal::parse(got)?)),
        (Datum::Text(limit), Json::Text(got)) => Some(limit.cmp(got)),
        _ => None,
    }
}

/// Something is there, and it is something else.
fn differs(argument: &Value, actual: &Actual, variables: &Variables) -> Result<bool, Miss> {
    if actual.is_unset() {
        return Ok(false);
    }
    match matches_value(argument, actual, variables) {
        Ok(()) => Ok(false),
        Err(Miss::Differs { .. }) => Ok(true),
        Err(invalid) => Err(invalid),
    }
}

fn size(argument: &Value, actual: &Actual, variables: &Variables) -> Match {
    let Some(length) = actual.length() else {
        return Err(Miss::differs(format!("expected an array, got {}", actual.show())));
    };
    let text = length.to_string();
    let got = Actual::count(&text);
    matches_value(argument, &got, variables).map_err(|miss| match miss {
        Miss::Differs { .. } => {
            Miss::differs(format!("expected {} items, got {length}", show::value(argument, variables)))
        }
        invalid => invalid,
    })
}

/// The argument of `$$exists`.
pub(super) fn flag(argument: &Value) -> Result<bool, Diagnostic> {
    match argument.kind {
        ValueKind::Bool(flag) => Ok(flag),
        _ => Err(Diagnostic::error(&argument.span, "this operator takes `true` or `false`")),
    }
}

/// The argument of `$$any`.
pub(super) fn any(argument: &Value) -> Result<bool, Diagnostic> {
    match argument.kind {
        ValueKind::Bool(true) => Ok(true),
        _ => Err(Diagnostic::error(&argument.span, "`$$any` takes `true`")
            .help("For a field that must not be there write `$$exists: false`.")),
    }
}

fn type_names(argument: &Value, variables: &Variables) -> Result<Vec<String>, Diagnostic> {
    let name = |value: &Value| Ok(variables::datum(value, variables)?.to_text());
    match &argument.kind {
        ValueKind::Sequence(items) => items.iter().map(name).collect(),
        _ => Ok(vec![name(argument)?]),
    }
}

fn entity<'a>(argument: &Value, variables: &'a Variables) -> Result<&'a Datum, Diagnostic> {
    let name = variables::datum(argument, variables)?.to_text();
    variables.get(&name).ok_or_else(|| Diagnostic::error(&argument.span, format!("`{name}` has no value here")))
}

/// The expression of `$$regex`: text, or `{pattern, options}` with the options `i`, `m`, `s`, `x`. It is not anchored.
pub(super) fn pattern(argument: &Value, variables: &Variables) -> Result<Regex, Diagnostic> {
    let (expression, options) = match &argument.kind {
        ValueKind::Mapping(entries) => pattern_parts(argument, entries)?,
        _ => (argument, None),
    };
    let text = |value: &Value| Ok::<_, Diagnostic>(variables::datum(value, variables)?.to_text());
    let options = options.map(text).transpose()?.unwrap_or_default();
    if let Some(odd) = options.chars().find(|c| !"imsx".contains(*c)) {
        return Err(Diagnostic::error(&argument.span, format!("`{odd}` is not an option of `$$regex`"))
            .help("The options are `i`, `m`, `s` and `x`."));
    }
    let has = |option| options.contains(option);
    RegexBuilder::new(&text(expression)?)
        .case_insensitive(has('i'))
        .multi_line(has('m'))
        .dot_matches_new_line(has('s'))
        .ignore_whitespace(has('x'))
        .build()
        .map_err(|error| Diagnostic::error(&expression.span, format!("not a regular expression: {error}")))
}

fn pattern_parts<'a>(argument: &Value, entries: &'a Entries) -> Result<(&'a Value, Option<&'a Value>), Diagnostic> {
    let part = |name: &str| entries.iter().find(|(key, _)| key.value == name).map(|(_, value)| value);
    let known = entries.iter().all(|(key, _)| matches!(key.as_str(), "pattern" | "options"));
    match part("pattern") {
        Some(pattern) if known => Ok((pattern, part("options"))),
        _ => Err(Diagnostic::error(&argument.span, "`$$regex` takes text, or `{ pattern, options }`")),
    }
}

/// The number of `$$approx`, and the absolute difference that is allowed, if one is given.
pub(super) fn approximation(argument: &Value, variables: &Variables) -> Result<(f64, Option<f64>), Diagnostic> {
    let number = |value: &Value| {
        let text = variables::datum(value, variables)?.to_text();
        Decimal::parse(&decimal(&text))
            .map(|number| number.to_f64())
            .ok_or_else(|| Diagnostic::error(&value.span, format!("`{text}` is not a number")))
    };
    let ValueKind::Mapping(entries) = &argument.kind else { return Ok((number(argument)?, None)) };
    match entries.as_slice() {
        [(one, value), (other, within)] if one.value == "value" && other.value == "within" => {
            Ok((number(value)?, Some(number(within)?)))
        }
        [(one, within), (other, value)] if one.value == "within" && other.value == "value" => {
            Ok((number(value)?, Some(number(within)?)))
        }
        _ => Err(Diagnostic::error(&argument.span, "`$$approx` takes a number, or `{ value, within }`")),
    }
}

fn approximately(argument: &Value, actual: &Actual, variables: &Variables) -> Result<bool, Miss> {
    let (wanted, within) = approximation(argument, variables)?;
    let Some(got) = actual.number().map(|number| number.to_f64()) else { return Ok(false) };
    if wanted == got || wanted.is_nan() && got.is_nan() {
        return Ok(true);
    }
    let greatest = wanted.abs().max(got.abs());
    // The subtraction of two doubles is itself wrong by a few units of their last place: that must not count.
    let rounding = greatest * 4.0 * f64::EPSILON;
    let allowed = within.unwrap_or(NEARLY * greatest) + rounding;
    Ok(wanted.is_finite() && got.is_finite() && (wanted - got).abs() <= allowed)
}
