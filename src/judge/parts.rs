//! Values of SQL that are made of others: elements, fields, bounds. Each part is compared by its own type; what a text leaves
//! to the server is asked as a whole.

use std::cmp::Ordering;

use bson::{Bson, Document};

use super::cell::{equals, order};
use super::desk::Standing;
use super::place::{Place, UNKNOWN};
use crate::model::Datum;
use crate::observation::parts::{Bounds, Element, Range, elements, fields, lower_bounds, range, ranges};
use crate::observation::{Attribute, Shape, SqlType};

/// Whether a value is equal part by part; `None` when it has no parts, or when its parts alone do not tell.
pub(super) fn equal(expected: &Datum, place: Place, actual: &str) -> Option<bool> {
    match (place.shape(), expected) {
        (Shape::Array { element, delimiter }, Datum::Text(text)) => array(text, place, (element, *delimiter), actual),
        (Shape::Array { element, delimiter }, Datum::Bson(Bson::Array(items))) => {
            Some(list(items, place, (element, *delimiter), actual))
        }
        (Shape::Composite(_) | Shape::Record, Datum::Text(text)) => row(&fields(text)?, place, actual),
        (Shape::Composite(_) | Shape::Record, Datum::Bson(Bson::Array(items))) => {
            let got = fields_of(place, actual)?;
            let same = |(item, (place, text)): (&Bson, &Field)| is_item(item, *place, text.as_deref());
            Some(items.len() == got.len() && items.iter().zip(&got).all(same))
        }
        (Shape::Composite(attributes), Datum::Bson(Bson::Document(document))) => {
            named(document, attributes, place, actual)
        }
        (Shape::Range { bound, discrete }, Datum::Text(text)) => {
            one_range(&range(text)?, place.part(bound), *discrete, &range(actual)?)
        }
        (Shape::Multirange { bound }, Datum::Text(text)) => {
            let (wanted, got) = (ranges(text)?, ranges(actual)?);
            let same = |(one, other)| one_range(one, place.part(bound), true, other) == Some(true);
            // The server sorts and joins: ranges in another order, or more of them, may be the same value.
            (wanted.len() == got.len() && wanted.iter().zip(&got).all(same)).then_some(true)
        }
        (Shape::Enum(labels), Datum::Text(text)) if labels.contains(text) => Some(text == actual),
        _ => None,
    }
}

/// How the limit stands to what came, part by part; `None` when that is for the server to say.
pub(super) fn standing(limit: &Datum, place: Place, actual: &str) -> Option<Standing> {
    match (place.shape(), limit) {
        (Shape::Composite(_), Datum::Text(text)) => {
            let wanted = fields(text)?.into_iter().map(|field| field.map(Datum::Text));
            fieldwise(&wanted.collect::<Vec<_>>(), &fields_of(place, actual)?)
        }
        (Shape::Composite(_), Datum::Bson(Bson::Array(items))) => {
            let wanted = items.iter().map(|item| (!is_null(item)).then(|| Datum::Bson(item.clone())));
            fieldwise(&wanted.collect::<Vec<_>>(), &fields_of(place, actual)?)
        }
        (Shape::Enum(labels), Datum::Text(text)) => {
            let at = |label: &str| labels.iter().position(|known| known == label);
            Some(Standing::Is(at(text)?.cmp(&at(actual)?)))
        }
        _ => None,
    }
}

/// A field of a row: its place and its text.
type Field<'a> = (Place<'a>, Option<String>);

/// The fields of a row that the server printed; `None` when they are not those that its type has.
pub(super) fn fields_of<'a>(place: Place<'a>, text: &str) -> Option<Vec<Field<'a>>> {
    let got = fields(text)?;
    let types: Vec<&'a SqlType> = match place.shape() {
        Shape::Composite(attributes) => attributes.iter().map(|attribute| &attribute.sql_type).collect(),
        _ => vec![&UNKNOWN; got.len()],
    };
    if types.is_empty() && got == [None] {
        return Some(vec![]);
    }
    (types.len() == got.len()).then(|| types.into_iter().map(|sql_type| place.part(sql_type)).zip(got).collect())
}

/// Two rows are equal when their fields are; NULL equals NULL there (manual, 9.25.5).
fn row(wanted: &[Option<String>], place: Place, actual: &str) -> Option<bool> {
    let got = fields_of(place, actual)?;
    if got.is_empty() {
        return Some(wanted == [None]);
    }
    let same = |(field, (place, text)): (&Option<String>, &Field)| match field {
        Some(field) => equals(&Datum::Text(field.clone()), *place, text.as_deref()),
        None => text.is_none(),
    };
    Some(wanted.len() == got.len() && wanted.iter().zip(&got).all(same))
}

fn named(document: &Document, attributes: &[Attribute], place: Place, actual: &str) -> Option<bool> {
    let got = fields_of(place, actual)?;
    let same = |(attribute, (place, text)): (&Attribute, &Field)| {
        document.get(&attribute.name).is_some_and(|item| is_item(item, *place, text.as_deref()))
    };
    Some(document.len() == got.len() && attributes.iter().zip(&got).all(same))
}

fn is_null(item: &Bson) -> bool {
    matches!(item, Bson::Null | Bson::Undefined)
}

fn is_item(item: &Bson, place: Place, text: Option<&str>) -> bool {
    equals(&Datum::Bson(item.clone()), place, text)
}

/// The order of rows is that of their first fields that differ; NULL is greater than everything else (manual, 9.25.5).
fn fieldwise(wanted: &[Option<Datum>], got: &[Field]) -> Option<Standing> {
    if wanted.len() != got.len() {
        return Some(Standing::Apart);
    }
    for (limit, (place, text)) in wanted.iter().zip(got) {
        let standing = match (limit, text) {
            (None, None) => Standing::Is(Ordering::Equal),
            (None, Some(_)) => Standing::Is(Ordering::Greater),
            (Some(_), None) => Standing::Is(Ordering::Less),
            (Some(limit), Some(text)) => order(limit, *place, text),
        };
        if standing != Standing::Is(Ordering::Equal) {
            return Some(standing);
        }
    }
    Some(Standing::Is(Ordering::Equal))
}

/// Arrays are equal when their bounds and their elements are.
fn array(expected: &str, place: Place, (element, delimiter): (&SqlType, char), actual: &str) -> Option<bool> {
    let read = |text: &str| Some((lower_bounds(text)?, elements(text, delimiter)?));
    let ((bounds, wanted), (came_bounds, got)) = (read(expected)?, read(actual)?);
    if bounds != came_bounds || wanted.len() != got.len() {
        return Some(false);
    }
    let mut all = Some(true);
    for pair in wanted.iter().zip(&got) {
        let same = match pair {
            (Element::Null, Element::Null) => Some(true),
            (Element::Value(one), Element::Value(other)) => {
                Some(equals(&Datum::Text(one.clone()), place.part(element), Some(other)))
            }
            (Element::Array(one), Element::Array(other)) => array(one, place, (element, delimiter), other),
            _ => Some(false),
        };
        match same {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// A list that a variable holds: its first element has the number 1.
fn list(items: &[Bson], place: Place, (element, delimiter): (&SqlType, char), actual: &str) -> bool {
    let Some(got) = elements(actual, delimiter) else { return false };
    let same_item = |(item, came): (&Bson, &Element)| match came {
        Element::Null => is_null(item),
        Element::Value(text) => is_item(item, place.part(element), Some(text)),
        Element::Array(text) => is_item(item, place, Some(text)),
    };
    lower_bounds(actual).is_some_and(|bounds| bounds.is_empty())
        && items.len() == got.len()
        && items.iter().zip(&got).all(same_item)
}

/// Ranges with the same bounds are equal. With others they may be, where the server brings notations into one (`[1,3]` is
/// `[1,4)`), and where nothing is between the bounds (`[1,1)` is empty).
fn one_range(wanted: &Range, bound: Place, discrete: bool, got: &Range) -> Option<bool> {
    match (wanted, got) {
        (Range::Empty, got) => Some(*got == Range::Empty),
        (Range::Between(_), Range::Empty) => None,
        (Range::Between(wanted), Range::Between(got)) => {
            if same_bounds(wanted, bound, got) {
                return Some(true);
            }
            (!discrete).then_some(false)
        }
    }
}

fn same_bounds(wanted: &Bounds, bound: Place, got: &Bounds) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| match one {
        Some(one) => equals(&Datum::Text(one.clone()), bound, other.as_deref()),
        None => other.is_none(),
    };
    (wanted.with_lower, wanted.with_upper) == (got.with_lower, got.with_upper)
        && same(&wanted.lower, &got.lower)
        && same(&wanted.upper, &got.upper)
}
