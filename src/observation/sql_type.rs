//! Types of PostgreSQL, with what their values are made of.

/// The schema of the server's own types.
pub const CATALOG: &str = "pg_catalog";

/// OIDs from here on are given to what users make (manual, 68.2.2).
const FIRST_OF_USERS: u32 = 16_384;

/// A type of PostgreSQL as the server's catalog has it (manual, 52.64 `pg_type`). A result never has a domain as its
/// column's type: the server describes it by the type that the domain is over. Parts of values may have one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SqlType {
    /// `typname`; empty when the type is not known.
    pub name: String,
    /// The schema; empty when it is not known.
    pub schema: String,
    /// Its OID in the database that answered; 0 when it is not known.
    pub oid: u32,
    /// What its values are made of.
    pub shape: Shape,
}

/// What the values of a type are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// No parts, or none that is known.
    #[default]
    Scalar,
    /// Elements of a type.
    Array {
        /// The type of the elements.
        element: Box<SqlType>,
        /// What parts them in the text: a comma for every type of the server but `box` (manual, 8.15.6).
        delimiter: char,
    },
    /// The fields of a composite type, in their order.
    Composite(Vec<Attribute>),
    /// The fields of an anonymous row: the server describes neither their names nor their types.
    Record,
    /// Two bounds of a type.
    Range {
        /// The type of the bounds.
        bound: Box<SqlType>,
        /// Whether the server brings all notations of a value into one (manual, 8.17.7): `[1,3]` is `[1,4)`.
        discrete: bool,
    },
    /// Ranges with bounds of a type.
    Multirange {
        /// The type of the bounds.
        bound: Box<SqlType>,
    },
    /// A value of another type.
    Domain(Box<SqlType>),
    /// One of these labels, in their order.
    Enum(Vec<String>),
}

/// A field of a composite type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: SqlType,
}

impl SqlType {
    /// A type of which only the name is known: one that begins with `_` is an array, as the server names its own.
    pub fn named(name: &str) -> Self {
        let shape = match name.strip_prefix('_') {
            Some(element) => Shape::Array { element: Box::new(Self::named(element)), delimiter: delimiter_of(element) },
            None if name == "record" => Shape::Record,
            None => Shape::Scalar,
        };
        Self { name: name.to_string(), shape, ..Self::default() }
    }

    /// The type that its values have in the end: that which a domain is over, however many are between.
    pub fn base(&self) -> &Self {
        match &self.shape {
            Shape::Domain(base) => base.base(),
            _ => self,
        }
    }

    /// The type of the elements of an array.
    pub fn element(&self) -> Option<&Self> {
        match &self.base().shape {
            Shape::Array { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The name in the server's own schema; empty for a type of users, which may have the name of one of the server's.
    pub fn builtin_name(&self) -> &str {
        if self.oid < FIRST_OF_USERS && [CATALOG, ""].contains(&self.schema.as_str()) { &self.name } else { "" }
    }

    /// Whether both are the same type, each in a database of its own: by name and by what values are made of.
    pub fn is_same(&self, other: &Self) -> bool {
        let same_shape = match (&self.shape, &other.shape) {
            (Shape::Composite(fields), Shape::Composite(others)) => {
                let same = |(one, other): (&Attribute, &Attribute)| {
                    one.name == other.name && one.sql_type.is_same(&other.sql_type)
                };
                fields.len() == others.len() && fields.iter().zip(others).all(same)
            }
            (Shape::Array { element: one, .. }, Shape::Array { element: other, .. })
            | (Shape::Range { bound: one, .. }, Shape::Range { bound: other, .. })
            | (Shape::Multirange { bound: one }, Shape::Multirange { bound: other })
            | (Shape::Domain(one), Shape::Domain(other)) => one.is_same(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        };
        (&self.name, &self.schema) == (&other.name, &other.schema) && same_shape
    }

    /// Whether a value may hold one of a type without parts that `test` accepts, at any depth.
    pub fn holds(&self, test: &impl Fn(&Self) -> bool) -> bool {
        match &self.shape {
            Shape::Scalar | Shape::Enum(_) | Shape::Record => test(self),
            Shape::Composite(fields) => fields.iter().any(|field| field.sql_type.holds(test)),
            Shape::Array { element: part, .. }
            | Shape::Range { bound: part, .. }
            | Shape::Multirange { bound: part }
            | Shape::Domain(part) => part.holds(test),
        }
    }
}

/// What parts the elements of an array of the server's type `element`.
pub fn delimiter_of(element: &str) -> char {
    if element == "box" { ';' } else { ',' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composite(name: &str, fields: &[(&str, &str)]) -> SqlType {
        let field = |(name, type_name): &(&str, &str)| Attribute {
            name: (*name).into(),
            sql_type: SqlType { schema: CATALOG.into(), ..SqlType::named(type_name) },
        };
        let shape = Shape::Composite(fields.iter().map(field).collect());
        SqlType { name: name.into(), schema: "app".into(), oid: 17_000, shape }
    }

    #[test]
    fn a_type_of_two_databases_is_the_same_by_its_name_and_its_parts() {
        let money = composite("price", &[("amount", "numeric"), ("currency", "text")]);
        let elsewhere = SqlType { oid: 18_000, ..money.clone() };
        assert!(money.is_same(&elsewhere));
        assert!(!money.is_same(&SqlType { schema: "other".into(), ..money.clone() }));
        assert!(!money.is_same(&composite("price", &[("amount", "int4"), ("currency", "text")])));
        assert!(!money.is_same(&composite("price", &[("amount", "numeric"), ("code", "text")])));
        assert!(!money.is_same(&composite("price", &[("amount", "numeric")])));
    }

    #[test]
    fn what_a_value_holds_is_seen_at_any_depth() {
        let inner = composite("inner", &[("at", "_timestamptz")]);
        let array = Shape::Array { element: Box::new(inner), delimiter: ',' };
        let domain = SqlType {
            shape: Shape::Domain(Box::new(SqlType { shape: array, ..SqlType::default() })),
            ..SqlType::default()
        };
        assert!(domain.holds(&|leaf| leaf.name == "timestamptz"));
        assert!(!domain.holds(&|leaf| leaf.name == "date"));
        assert!(domain.element().is_some());
    }

    #[test]
    fn a_type_of_users_has_no_builtin_name() {
        assert_eq!(SqlType::named("int4").builtin_name(), "int4");
        assert_eq!(SqlType { oid: 16_500, ..SqlType::named("int4") }.builtin_name(), "");
        assert_eq!(
            SqlType { schema: "information_schema".into(), oid: 13_000, ..SqlType::named("yes_or_no") }.builtin_name(),
            ""
        );
    }
}
