//! The book in `docs`: its links lead somewhere, its examples are files, its commands can be parsed. No server is needed;
//! what the examples do on servers is held by `tests/tool/book.rs`.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod commands;
mod examples;
mod links;
mod pages;
mod troubleshooting;
