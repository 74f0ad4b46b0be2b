//! The book in `docs`: its links lead somewhere, its examples are files, its commands can be parsed. No server is needed;
//! what the examples do on servers is held by `tests/tool/book.rs`.

mod commands;
mod examples;
mod links;
mod pages;
mod troubleshooting;
