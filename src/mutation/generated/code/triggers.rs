//! Faults of triggers: for each row instead of each statement, at another time, of fewer events, without its condition.

use super::rewrite::{Rewrite, Says};
use super::tokens::Code;

/// Every fault of a trigger's definition, as pg_get_triggerdef prints it.
pub(super) fn rewrites(definition: &str) -> Vec<Rewrite> {
    let code = Code::read(definition, 0..definition.len());
    let mut found = vec![];
    let events = (3.min(code.parts.len()), code.parts.iter().position(|part| part.text == "ON").unwrap_or_default());
    for at in 0..code.parts.len() {
        let other = match (code.at(at), code.before(at)) {
            ("ROW", "EACH") => Some(("FOR EACH ROW is FOR EACH STATEMENT", "STATEMENT")),
            ("STATEMENT", "EACH") => Some(("FOR EACH STATEMENT is FOR EACH ROW", "ROW")),
            ("AFTER", _) if at == 3 => Some(("AFTER is BEFORE", "BEFORE")),
            ("BEFORE", _) if at == 3 => Some(("BEFORE is AFTER", "AFTER")),
            _ => None,
        };
        if let Some((kind, word)) = other {
            let says = Says { kind, says: kind.into() };
            found.push(Rewrite::new(&code, at, says, &[(code.parts[at].range.clone(), word)]));
        }
        if code.at(at) == "WHEN" && code.at(at + 1) == "(" {
            let end = code.next(at + 2, &[]);
            let kind = "WHEN is left out";
            let says = Says { kind, says: kind.into() };
            found.push(Rewrite::new(&code, at, says, &[(code.bytes(at, end.min(code.parts.len() - 1)), "")]));
        }
    }
    found.extend(fewer_events(&code, events));
    found
}

/// One of several events less.
fn fewer_events(code: &Code<'_>, (begin, end): (usize, usize)) -> Vec<Rewrite> {
    let names = ["INSERT", "UPDATE", "DELETE", "TRUNCATE"];
    let ors: Vec<usize> = (begin..end).filter(|at| code.at(*at) == "OR").collect();
    let of = |at: usize| {
        let next = ors.iter().copied().find(|or| *or > at);
        let last = ors.iter().copied().rfind(|or| *or < at);
        let range = match (next, last) {
            (Some(next), _) => code.bytes(at, next),
            (None, Some(last)) => code.bytes(last, end - 1),
            (None, None) => return None,
        };
        let says = format!("{} is left out", code.at(at));
        Some(Rewrite::new(code, at, Says { kind: "an event is left out", says }, &[(range, "")]))
    };
    (begin..end).filter(|at| names.contains(&code.at(*at))).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(definition: &str) -> Vec<(String, String)> {
        rewrites(definition).into_iter().map(|each| (each.says.says, each.text)).collect()
    }

    #[test]
    fn a_trigger_fires_otherwise() {
        let found = of(
            "CREATE TRIGGER g BEFORE INSERT OR UPDATE OF a OR DELETE ON t FOR EACH ROW WHEN ((NEW.a > 0)) EXECUTE FUNCTION f()",
        );
        let says: Vec<&str> = found.iter().map(|(says, _)| says.as_str()).collect();
        let expected = [
            "BEFORE is AFTER",
            "FOR EACH ROW is FOR EACH STATEMENT",
            "WHEN is left out",
            "INSERT is left out",
            "UPDATE is left out",
            "DELETE is left out",
        ];
        assert_eq!(says, expected);
        assert!(found[2].1.ends_with("FOR EACH ROW  EXECUTE FUNCTION f()"), "{}", found[2].1);
        assert!(found[4].1.contains("BEFORE INSERT OR  DELETE ON t"), "{}", found[4].1);
        assert!(found[5].1.contains("BEFORE INSERT OR UPDATE OF a  ON t"), "{}", found[5].1);
    }

    #[test]
    fn a_trigger_keeps_its_only_event() {
        let found =
            of("CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f()");
        let says: Vec<&str> = found.iter().map(|(says, _)| says.as_str()).collect();
        assert_eq!(says, ["AFTER is BEFORE", "FOR EACH STATEMENT is FOR EACH ROW"]);
    }
}
