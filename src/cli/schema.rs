//! `polyspec schema`.

use super::Context;
use super::args::{self, Kind};
use super::say::say;
use crate::exit::Exit;
use crate::language::{self, SchemaKind};

/// Prints the JSON Schema of a kind of file.
pub(super) fn schema(args: &args::Schema, _context: &Context) -> Exit {
    let kind = match args.kind {
        Kind::Scenario => SchemaKind::Scenario,
        Kind::System => SchemaKind::System,
        Kind::Settings => SchemaKind::Settings,
        Kind::Requirements => SchemaKind::Requirements,
        Kind::Survivors => SchemaKind::Survivors,
    };
    say!("{:#}", language::schema(kind));
    Exit::Pass
}
