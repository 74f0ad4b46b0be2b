//! A value whose parts are replaced: each part without parts of its own, at any depth.

use super::array::{Element, bounds, delimited, elements};
use super::range::{Bounds, Range, all_written, range, ranges, written as range_written};
use super::record::{fields, written as record_written};
use crate::observation::{Attribute, Shape, SqlType};

/// The text with what `leaf` makes of each part that has none itself, and of its type; the parts of an anonymous row are not
/// known. `None` when the text is no value of the type, or `leaf` gives nothing.
pub fn rewritten(
    sql_type: &SqlType,
    text: &str,
    leaf: &mut dyn FnMut(&SqlType, &str) -> Option<String>,
) -> Option<String> {
    match &sql_type.shape {
        Shape::Scalar | Shape::Enum(_) | Shape::Record => leaf(sql_type, text),
        Shape::Domain(base) => rewritten(base, text, leaf),
        Shape::Array { element, delimiter } => array(element, *delimiter, text, leaf),
        Shape::Composite(attributes) => composite(attributes, text, leaf),
        Shape::Range { bound, .. } => Some(range_written(&one_range(bound, range(text)?, leaf)?)),
        Shape::Multirange { bound } => {
            let all = ranges(text)?.into_iter().map(|range| one_range(bound, range, leaf));
            Some(all_written(&all.collect::<Option<Vec<_>>>()?))
        }
    }
}

fn array(
    element: &SqlType,
    delimiter: char,
    text: &str,
    leaf: &mut dyn FnMut(&SqlType, &str) -> Option<String>,
) -> Option<String> {
    let mut one = |part: Element| {
        Some(match part {
            Element::Null => Element::Null,
            Element::Value(text) => Element::Value(rewritten(element, &text, leaf)?),
            Element::Array(text) => Element::Array(array(element, delimiter, &text, leaf)?),
        })
    };
    let parts: Vec<Element> = elements(text, delimiter)?.into_iter().map(&mut one).collect::<Option<_>>()?;
    Some(format!("{}{}", bounds(text)?, delimited(&parts, delimiter)))
}

fn composite(
    attributes: &[Attribute],
    text: &str,
    leaf: &mut dyn FnMut(&SqlType, &str) -> Option<String>,
) -> Option<String> {
    if attributes.is_empty() {
        return Some(text.to_string());
    }
    let values = fields(text).filter(|values| values.len() == attributes.len())?;
    let mut one = |(value, attribute): (Option<String>, &Attribute)| match value {
        Some(value) => rewritten(&attribute.sql_type, &value, leaf).map(Some),
        None => Some(None),
    };
    let values: Vec<Option<String>> = values.into_iter().zip(attributes).map(&mut one).collect::<Option<_>>()?;
    Some(record_written(&values))
}

fn one_range(bound: &SqlType, range: Range, leaf: &mut dyn FnMut(&SqlType, &str) -> Option<String>) -> Option<Range> {
    let Range::Between(bounds) = range else { return Some(Range::Empty) };
    let mut one = |value: Option<String>| match value {
        Some(value) => rewritten(bound, &value, leaf).map(Some),
        None => Some(None),
    };
    Some(Range::Between(Bounds { lower: one(bounds.lower)?, upper: one(bounds.upper)?, ..bounds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, sql_type: SqlType) -> Attribute {
        Attribute { name: name.into(), sql_type }
    }

    fn of(shape: Shape) -> SqlType {
        SqlType { shape, ..SqlType::default() }
    }

    /// A row of a number, an array of dates, a range of dates and a multirange of them.
    fn nested() -> SqlType {
        let date = || Box::new(SqlType::named("date"));
        of(Shape::Composite(vec![
            attribute("n", of(Shape::Domain(Box::new(SqlType::named("int4"))))),
            attribute("days", SqlType::named("_date")),
            attribute("span", of(Shape::Range { bound: date(), discrete: true })),
            attribute("spans", of(Shape::Multirange { bound: date() })),
        ]))
    }

    #[test]
    fn every_part_is_seen_with_its_type_and_replaced() {
        let text = r#"(7,"[0:1]={a,NULL}","[b,)","{[c,d]}")"#;
        let mut seen = vec![];
        let new = rewritten(&nested(), text, &mut |sql_type, text| {
            seen.push(format!("{} {text}", sql_type.name));
            Some(format!("{text} {text}"))
        });
        assert_eq!(seen, ["int4 7", "date a", "date b", "date c", "date d"]);
        let expected = r#"("7 7","[0:1]={""a a"",NULL}","[""b b"",)","{[""c c"",""d d""]}")"#;
        assert_eq!(new.as_deref(), Some(expected));
    }

    #[test]
    fn a_text_whose_parts_stay_is_as_the_server_prints_it() {
        for text in ["(1,{},empty,{})", r#"(,"{2024-01-31,NULL}","[2024-01-31,)",)"#, "(,,,)"] {
            assert_eq!(rewritten(&nested(), text, &mut |_, text| Some(text.into())).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_not_rewritten() {
        for text in ["", "(1)", "(1,2,3,4)", "(1,{},[1,{})"] {
            assert_eq!(rewritten(&nested(), text, &mut |_, text| Some(text.into())), None, "{text}");
        }
        assert_eq!(rewritten(&nested(), "(1,{},empty,{})", &mut |_, _| None), None);
    }
}
