//! Where statements end, and whether they only read.

use std::ops::Range;

use super::scan::{Token, TokenKind, tokens};

/// The statements of `text`, each without its semicolon and without the space and comments around it; empty ones are
/// left out. A semicolon inside parentheses or inside the body of a function (`BEGIN ATOMIC … END`) does not end one.
pub fn statements(text: &str) -> Vec<Range<usize>> {
    split(text, &tokens(text)).iter().map(|part| part[0].range.start..part[part.len() - 1].range.end).collect()
}

/// Whether every statement of `text` is SELECT, TABLE, VALUES, SHOW or a WITH over them, and none locks rows
/// (FOR UPDATE, FOR SHARE) or makes a table (INTO). Judged by the words alone: a function that it calls may still write.
/// Text without a statement does not read.
pub fn is_read_only(text: &str) -> bool {
    let tokens = tokens(text);
    let statements = split(text, &tokens);
    !statements.is_empty() && statements.iter().all(|statement| reads(text, statement))
}

/// Whether `text` is one statement `COPY … FROM STDIN` (manual, "COPY"), which reads its rows from the client.
pub fn copies_from_stdin(text: &str) -> bool {
    matches!(split(text, &tokens(text)).as_slice(), [statement] if reads_stdin(text, statement))
}

/// Whether the tokens of one statement are those of `COPY … FROM STDIN`.
pub(super) fn reads_stdin(text: &str, statement: &[Token]) -> bool {
    let is = |token: &Token, word: &str| {
        token.kind == TokenKind::Word && text[token.range.clone()].eq_ignore_ascii_case(word)
    };
    statement.first().is_some_and(|first| is(first, "copy"))
        && statement.windows(2).any(|pair| is(&pair[0], "from") && is(&pair[1], "stdin"))
}

/// The greatest `n` of the placeholders `$n`; 0 when there is none.
pub(crate) fn highest_placeholder(text: &str) -> usize {
    tokens(text)
        .into_iter()
        .filter(|token| token.kind == TokenKind::Placeholder)
        .filter_map(|token| text[token.range.start + 1..token.range.end].parse().ok())
        .max()
        .unwrap_or(0)
}

/// The tokens of each statement that mean something: no space, no comments.
fn split(text: &str, tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut found = vec![];
    let mut current: Vec<Token> = vec![];
    let mut nesting = Nesting::default();
    for token in tokens.iter().filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)) {
        if &text[token.range.clone()] == ";" && nesting.is_outside() {
            found.push(std::mem::take(&mut current));
            nesting = Nesting::default();
        } else {
            nesting.enter(text, token, &current);
            current.push(token.clone());
        }
    }
    found.push(current);
    found.retain(|statement| !statement.is_empty());
    found
}

/// How deep in parentheses and in the bodies of functions. psql decides the same way (psqlscan.l).
#[derive(Default)]
pub(super) struct Nesting {
    parentheses: usize,
    bodies: usize,
}

impl Nesting {
    /// Whether a semicolon here ends the statement.
    pub fn is_outside(&self) -> bool {
        self.parentheses == 0 && self.bodies == 0
    }

    /// Takes the next token of the statement that `before` begins.
    pub fn enter(&mut self, text: &str, token: &Token, before: &[Token]) {
        let word = &text[token.range.clone()];
        match (token.kind, word) {
            (TokenKind::Symbol, "(") => self.parentheses += 1,
            (TokenKind::Symbol, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (TokenKind::Word, _) if self.parentheses == 0 && makes_function(text, before) => self.enter_body(word),
            _ => {}
        }
    }

    fn enter_body(&mut self, word: &str) {
        match word.to_ascii_lowercase().as_str() {
            "begin" => self.bodies += 1,
            "case" if self.bodies > 0 => self.bodies += 1,
            "end" => self.bodies = self.bodies.saturating_sub(1),
            _ => {}
        }
    }
}

fn makes_function(text: &str, statement: &[Token]) -> bool {
    let words: Vec<String> = statement.iter().take(4).map(|t| text[t.range.clone()].to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["create", "function" | "procedure", ..] | ["create", "or", "replace", "function" | "procedure"]
    )
}

fn reads(text: &str, statement: &[Token]) -> bool {
    let words: Vec<String> = statement
        .iter()
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| text[token.range.clone()].to_ascii_lowercase())
        .collect();
    let begins = |verbs: &[&str]| words.first().is_some_and(|first| verbs.contains(&first.as_str()));
    let has = |word: &str| words.iter().any(|other| other == word);
    let locks =
        words.windows(2).any(|pair| pair[0] == "for" && matches!(pair[1].as_str(), "update" | "share" | "no" | "key"));
    let writes = ["insert", "update", "delete", "merge"].into_iter().any(has);
    let changes = has("into") || locks || (begins(&["with"]) && writes);
    begins(&["select", "table", "values", "show", "with"]) && !changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_text(text: &str) -> Vec<&str> {
        statements(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn semicolons_in_strings_comments_and_bodies_do_not_end_a_statement() {
        assert_eq!(split_text("SELECT ';'; -- ;\n/* ; */ SELECT $$;$$;;"), ["SELECT ';'", "SELECT $$;$$"]);
        assert_eq!(split_text("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3").len(), 2);
        let body = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3";
        assert_eq!(split_text(body).len(), 2);
        assert_eq!(split_text("BEGIN; COMMIT").len(), 2);
        assert!(split_text(" ; -- nothing\n ;").is_empty());
    }

    #[test]
    fn reading_is_told_from_writing() {
        for text in [
            "SELECT 1",
            "TABLE t; SHOW work_mem",
            "(SELECT 1) UNION (SELECT 2)",
            "WITH a AS (SELECT 1) TABLE a",
            "VALUES (1)",
            "SELECT substring('abc' FROM 1 FOR 2)",
            "SELECT 'INSERT INTO t'",
        ] {
            assert!(is_read_only(text), "{text}");
        }
        for text in [
            "INSERT INTO t VALUES (1)",
            "SELECT * INTO u FROM t",
            "SELECT * FROM t FOR UPDATE",
            "SELECT * FROM t FOR NO KEY UPDATE",
            "SELECT * FROM t FOR KEY SHARE",
            "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
            "SELECT 1; DROP TABLE t",
            "EXPLAIN ANALYZE DELETE FROM t",
            "",
        ] {
            assert!(!is_read_only(text), "{text}");
        }
    }

    #[test]
    fn only_a_copy_from_the_client_reads_its_standard_input() {
        for text in ["COPY t FROM STDIN", "copy s.t (a, b) from stdin with (format csv);", "COPY t /* x */ FROM stdin"]
        {
            assert!(copies_from_stdin(text), "{text}");
        }
        for text in ["COPY t TO STDOUT", "COPY t FROM 'stdin'", "COPY t FROM STDIN; SELECT 1", "SELECT 1", ""] {
            assert!(!copies_from_stdin(text), "{text}");
        }
    }

    #[test]
    fn placeholders_in_strings_do_not_count() {
        assert_eq!(highest_placeholder("SELECT $2, '$9', $$ $7 $$, $1"), 2);
    }
}
