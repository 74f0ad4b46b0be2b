//! Text that a person wrote: files, spans inside them, and diagnostics that point at a span with a caret.
//! Touches nothing: reading files is the business of the rooms that call this one.

mod diagnostic;
mod password;
mod span;
mod visible;
mod window;

pub use diagnostic::{Diagnostic, Severity};
pub use password::masked;
pub use span::{BYTE_ORDER_MARK, SourceFile, Span, Spanned};
pub use visible::{visible, visible_lines};
