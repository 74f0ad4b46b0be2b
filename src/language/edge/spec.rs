//! What edge values are wanted.

/// A type that has edge values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeType {
    /// Text of any kind.
    Text,
    /// E-mail addresses.
    Email,
    /// Whole numbers of 32 bits.
    Integer,
    /// Whole numbers of 64 bits.
    Bigint,
    /// Numbers with a fixed count of digits after the point.
    Numeric,
    /// Days.
    Date,
    /// Moments to the microsecond, without a zone.
    Timestamp,
    /// Documents, as JSON can say them.
    Json,
    /// BSON: whole numbers of 64 bits, also where they fit 32.
    Long,
    /// BSON, PostgreSQL: floating point of 64 bits.
    Double,
    /// BSON: Decimal128.
    Decimal,
    /// BSON: dates, moments to the millisecond.
    Datetime,
}

impl EdgeType {
    /// All, with the words that name them.
    pub const WORDS: [(&'static str, Self); 14] = [
        ("text", Self::Text),
        ("string", Self::Text),
        ("email", Self::Email),
        ("integer", Self::Integer),
        ("int", Self::Integer),
        ("bigint", Self::Bigint),
        ("numeric", Self::Numeric),
        ("date", Self::Date),
        ("timestamp", Self::Timestamp),
        ("json", Self::Json),
        ("long", Self::Long),
        ("double", Self::Double),
        ("decimal", Self::Decimal),
        ("datetime", Self::Datetime),
    ];

    /// The type of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|found| found.1)
    }
}

/// Which edge values are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// Their type.
    pub edge_type: EdgeType,
    /// Text: the greatest length in characters.
    pub max: usize,
    /// Text: kinds that are left out.
    pub not: Vec<String>,
    /// Text: the kinds that are wanted; all if there are none.
    pub only: Vec<String>,
    /// Decimal numbers: digits in all, and digits after the point.
    pub digits: (u32, u32),
    /// Numbers in units of their last digit; days, or microseconds, since 1970-01-01: the least and the greatest.
    pub range: (i128, i128),
}
