//! The type of a value of SQL, and where a server can be asked about it.

use std::cell::Cell;

use super::desk::Desk;
use super::instant::{self, Clock};
use super::sql_value::{Kind, kind};
use crate::observation::parts::rewritten;
use crate::observation::{Shape, SqlType};

/// Types that read no text, so that a server cannot be asked about them.
const UNREADABLE: [&str; 4] = ["record", "_record", "cstring", "unknown"];

/// A type that nobody has described.
pub(super) static UNKNOWN: SqlType =
    SqlType { name: String::new(), schema: String::new(), oid: 0, shape: Shape::Scalar };

/// The type of a value, and where to ask about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The type.
    pub(super) sql_type: &'a SqlType,
    /// `None` for what no server returned: a count, a message.
    pub(super) desk: Option<&'a Desk<'a>>,
}

impl<'a> Place<'a> {
    /// The place of a part of the value.
    pub(super) fn part(&self, sql_type: &'a SqlType) -> Self {
        Self { sql_type, desk: self.desk }
    }

    /// The type that the values have in the end.
    pub(super) fn base(&self) -> &'a SqlType {
        self.sql_type.base()
    }

    /// What the value is made of.
    pub(super) fn shape(&self) -> &'a Shape {
        &self.base().shape
    }

    /// How values of the type are compared.
    pub(super) fn kind(&self) -> Kind {
        kind_of(self.sql_type)
    }

    /// Whether values of the type can be read from text at all.
    pub(super) fn is_readable(&self) -> bool {
        !UNREADABLE.contains(&self.base().name.as_str())
    }

    /// Where to ask about values of the type.
    pub(super) fn asked(&self) -> Option<&'a Desk<'a>> {
        self.desk.filter(|_| self.is_readable() && self.kind() != Kind::Unknown)
    }

    /// Text of a `timestamptz` without an offset is in the zone that the server shows, the first one where there are several.
    pub(super) fn zone(&self, actual: &str) -> Option<String> {
        let found = Cell::new(None);
        let _ = rewritten(self.sql_type, actual, &mut |leaf, text| {
            let shown = (kind_of(leaf) == Kind::Clock(Clock::Zoned)).then(|| instant::zone_of(text)).flatten();
            found.set(found.take().or(shown));
            Some(String::new())
        });
        found.take()
    }
}

/// Whether values of the type are numbers.
pub(super) fn is_number(sql_type: &SqlType) -> bool {
    matches!(kind_of(sql_type), Kind::Number | Kind::Transaction | Kind::Float4 | Kind::Float8)
}

/// Whether values of the type are JSON.
pub(super) fn is_json(sql_type: &SqlType) -> bool {
    kind_of(sql_type) == Kind::Json
}

/// How values of a type are compared. A user's type may have the name of one of the server's.
pub(super) fn kind_of(sql_type: &SqlType) -> Kind {
    let base = sql_type.base();
    match base.builtin_name() {
        "" if base.oid != 0 || !base.name.is_empty() => Kind::Server,
        name => kind(name),
    }
}
