//! The page of commands shows what `--help` prints; `POLYSPEC_BOOK=bless` rewrites it.

use std::process::{Command, Stdio};

use clap::CommandFactory;
use polyspec::internal::Arguments;

use crate::pages::{Page, blesses};

const PAGE: &str = "docs/commands.md";

/// What a command line of the program prints, for a terminal of 100 columns.
fn help(command: &str) -> Vec<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_polyspec"));
    program.args(command.split(' ').skip(1)).env("COLUMNS", "100").stdin(Stdio::null());
    let printed = program.output().expect("the program starts").stdout;
    String::from_utf8(printed).expect("text").lines().map(|line| line.trim_end().to_string()).collect()
}

#[test]
fn the_page_of_commands_shows_the_help_of_each() {
    let mut page = Page::read(PAGE);
    for number in 0..page.blocks().len() {
        let block = page.blocks().remove(number);
        let command = block.marker.clone().expect("a comment that names the command");
        let printed = help(&command);
        if blesses() {
            page.rewrite(&block, printed);
        } else {
            let bless = "POLYSPEC_BOOK=bless cargo test --test book rewrites it";
            assert!(block.text == printed, "{}: `{command}` prints something else; {bless}", page.place(block.fence));
        }
    }
}

#[test]
fn every_command_is_on_the_page() {
    let page = Page::read(PAGE);
    let shown: Vec<String> = page.blocks().into_iter().filter_map(|block| block.marker).collect();
    let program = Arguments::command();
    let names = program.get_subcommands().map(|command| format!("polyspec {} --help", command.get_name()));
    let missing: Vec<String> = names.filter(|command| !shown.contains(command)).collect();
    assert!(missing.is_empty(), "{PAGE} lacks {missing:?}");
}
