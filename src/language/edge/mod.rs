//! Values at the edges of a type: those that a careless system changes, refuses or loses. Pure, and the same every time.

mod numbers;
mod spec;
mod text;
mod times;
mod values;

pub(crate) use spec::{Edge, EdgeType};
pub(crate) use text::{EMAIL_KINDS, TEXT_KINDS};
pub(crate) use times::{day, moment};
