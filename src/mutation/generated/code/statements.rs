//! Faults of PL/pgSQL: a statement left out, a branch always or never taken, another row returned, errors swallowed.

use super::rewrite::{Rewrite, Says};
use super::tokens::Code;

/// Every fault of the statements of a body.
pub(super) fn rewrites(code: &Code<'_>, returns: &str) -> Vec<Rewrite> {
    let mut found = vec![];
    let mut at = 0;
    while at < code.parts.len() {
        at = match code.at(at) {
            "DECLARE" => code.next(at + 1, &["BEGIN"]),
            "IF" | "ELSIF" => {
                let then = code.next(at + 1, &["THEN"]);
                found.extend(of_branch(code, at, then));
                then + 1
            }
            "WHEN" | "CASE" => code.next(at + 1, &["THEN"]) + 1,
            "WHILE" | "FOR" | "FOREACH" => code.next(at + 1, &["LOOP"]) + 1,
            "BEGIN" | "ELSE" | "LOOP" | "EXCEPTION" | ";" => at + 1,
            "END" | "NULL" | "<<" => code.next(at, &[";"]) + 1,
            first => {
                let end = code.next(at, &[";"]);
                match first {
                    "RETURN" => found.extend(of_return(code, at, end)),
                    _ => found.extend(of_statement(code, at, end)),
                }
                end + 1
            }
        };
    }
    found.extend(swallowed(code, returns));
    found
}

fn of_branch(code: &Code<'_>, at: usize, then: usize) -> Vec<Rewrite> {
    if then >= code.parts.len() || then <= at + 1 {
        return vec![];
    }
    let word = code.at(at).to_string();
    let range = code.bytes(at + 1, then - 1);
    let negated = format!("NOT ({})", &code.text[range.clone()]);
    let of = |kind: &'static str, condition: &str| {
        let says = kind.replace("IF", &word);
        Rewrite::new(code, at, Says { kind, says }, &[(range.clone(), condition)])
    };
    vec![of("IF is negated", &negated), of("IF is always true", "true"), of("IF is always false", "false")]
}

fn of_return(code: &Code<'_>, at: usize, end: usize) -> Vec<Rewrite> {
    if end <= at + 1 {
        return vec![];
    }
    let range = code.bytes(at + 1, end - 1);
    let said = &code.text[range.clone()];
    let others: &[&str] = match code.at(at + 1) {
        "NULL" | "QUERY" | "NEXT" => &[],
        "NEW" if end == at + 2 => &["NULL", "OLD"],
        _ => &["NULL"],
    };
    let of = |other: &&str| {
        let says = format!("RETURN {said} is RETURN {other}");
        Rewrite::new(code, at, Says { kind: "RETURN is another", says }, &[(range.clone(), other)])
    };
    others.iter().map(of).collect()
}

fn of_statement(code: &Code<'_>, at: usize, end: usize) -> Vec<Rewrite> {
    if end >= code.parts.len() || end == at {
        return vec![];
    }
    let says = format!("{} is left out", head(code, at, end));
    let range = code.bytes(at, end - 1);
    let mut found = vec![Rewrite::new(code, at, Says { kind: "a statement is left out", says }, &[(range, "NULL")])];
    if code.at(at) == "RAISE" && code.at(at + 1) == "EXCEPTION" {
        let says = Says { kind: "an exception is a warning", says: "RAISE EXCEPTION is RAISE WARNING".into() };
        found.push(Rewrite::new(code, at, says, &[(code.parts[at + 1].range.clone(), "WARNING")]));
    }
    found
}

/// What a statement does to what: `INSERT INTO t`, `DELETE FROM t`.
fn head(code: &Code<'_>, at: usize, end: usize) -> String {
    let verb = (at..end).find(|place| ["INSERT", "UPDATE", "DELETE"].contains(&code.at(*place)));
    let (from, length) = match (code.at(at), verb) {
        ("WITH", Some(verb)) | (_, Some(verb)) if verb == at || code.at(at) == "WITH" => {
            (verb, if code.at(verb) == "UPDATE" { 2 } else { 3 })
        }
        _ => (at, 2),
    };
    let last = (from + length - 1).min(end - 1);
    code.text[code.bytes(from, last)].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The whole body in a block that catches everything.
fn swallowed(code: &Code<'_>, returns: &str) -> Option<Rewrite> {
    let body = code.text[code.within.clone()].trim().trim_end_matches(';');
    let value = match returns {
        "void" => "",
        "trigger" if !body.contains("RETURN NULL") => " NEW",
        _ => " NULL",
    };
    let caught = format!("\nBEGIN\n{body};\nEXCEPTION WHEN OTHERS THEN RETURN{value};\nEND\n");
    let says = Says { kind: "errors are swallowed", says: "errors are swallowed".into() };
    (!code.parts.is_empty()).then(|| Rewrite::new(code, 0, says, &[(code.within.clone(), &caught)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "
DECLARE
    n int := 1;
BEGIN
    IF TG_OP = 'DELETE' AND f(CASE WHEN a THEN 1 END) THEN
        DELETE FROM t USING old_rows AS o WHERE t.a = o.a;
    ELSIF x THEN
        RAISE EXCEPTION 'no';
    ELSE
        NULL;
    END IF;
    FOR i IN 1 .. 3 LOOP
        WITH v AS (SELECT 1)
        INSERT INTO u SELECT 2;
    END LOOP;
    RETURN NEW;
END
";

    fn of(returns: &str) -> Vec<(usize, String, String)> {
        let code = Code::read(BODY, 0..BODY.len());
        rewrites(&code, returns).into_iter().map(|each| (each.line, each.says.says, each.text)).collect()
    }

    #[test]
    fn each_statement_is_left_out_once_and_each_branch_taken_always_and_never() {
        let found = of("trigger");
        let said: Vec<_> = found.iter().map(|(line, says, _)| (*line, says.as_str())).collect();
        let expected = [
            (4, "IF is negated"),
            (4, "IF is always true"),
            (4, "IF is always false"),
            (5, "DELETE FROM t is left out"),
            (6, "ELSIF is negated"),
            (6, "ELSIF is always true"),
            (6, "ELSIF is always false"),
            (7, "RAISE EXCEPTION is left out"),
            (7, "RAISE EXCEPTION is RAISE WARNING"),
            (12, "INSERT INTO u is left out"),
            (15, "RETURN NEW is RETURN NULL"),
            (15, "RETURN NEW is RETURN OLD"),
            (1, "errors are swallowed"),
        ];
        assert_eq!(said, expected);
        assert!(found[3].2.contains("THEN\n        NULL;\n    ELSIF"), "{}", found[3].2);
        assert!(found[0].2.contains("IF NOT (TG_OP = 'DELETE' AND f(CASE WHEN a THEN 1 END)) THEN"), "{}", found[0].2);
    }

    #[test]
    fn a_block_around_the_body_swallows_errors() {
        let caught = |returns: &str| of(returns).pop().map(|(.., text)| text).unwrap_or_default();
        assert!(
            caught("trigger").ends_with("END;\nEXCEPTION WHEN OTHERS THEN RETURN NEW;\nEND\n"),
            "{}",
            caught("trigger")
        );
        assert!(caught("void").ends_with("RETURN;\nEND\n"));
    }
}
