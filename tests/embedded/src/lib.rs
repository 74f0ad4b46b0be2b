//! A crate with nothing in it but a suite.
