//! Which errors refuse a statement for its content (`refused`): with other values the same statement could have succeeded.
//! How a system refuses is its own choice, by a constraint, a type, a trigger or a validator, and so is the code that it answers
//! with; what is left out are errors that say nothing of the content: of the text of the statement, of names, rights and
//! connections, of limits, conflicts and the server itself.

use crate::observation::ServerError;

/// Classes of SQLSTATE that PostgreSQL defines (manual, appendix A) and that say nothing of content, with what they are about.
/// Left are 21 (cardinality), 22 (data), 23 (integrity), 44 (WITH CHECK OPTION), and what a trigger or a function raises: 02
/// (nothing found), 09, 20 (a CASE without a branch), 27, and P0 (RAISE, STRICT and ASSERT of PL/pgSQL). A class that
/// PostgreSQL does not define is the system's own.
#[rustfmt::skip]
const NOT_OF_CONTENT: &[(&str, &str)] = &[
    ("00", "success"), ("01", "a warning"), ("03", "the order of statements"), ("08", "the connection"),
    ("0A", "what the server cannot do"), ("0B", "transactions"), ("0F", "locators"), ("0L", "rights"), ("0P", "roles"),
    ("0Z", "diagnostics"), ("10", "XQuery"), ("24", "cursors"), ("25", "the state of the transaction"),
    ("26", "prepared statements"), ("28", "logging in"), ("2B", "what depends on a right or an object"),
    ("2D", "transactions"), ("2F", "a broken function"), ("34", "cursors"), ("38", "a broken function"),
    ("39", "a broken function"), ("3B", "savepoints"), ("3D", "the name of a database"), ("3F", "the name of a schema"),
    ("40", "other transactions"), ("42", "the text of the statement, names or rights"), ("53", "resources"),
    ("54", "limits of the server"), ("55", "the state of an object"), ("57", "an operator or a time limit"),
    ("58", "the machine"), ("72", "the age of a snapshot"), ("F0", "the configuration"), ("HV", "a foreign server"),
    ("XX", "the server itself"),
];

/// Of a class that is not about content otherwise: an integrity constraint that fails as the transaction ends.
const TRANSACTION_INTEGRITY: &str = "40002";
/// Of P0, raised when PL/pgSQL itself goes wrong.
const PLPGSQL_ERROR: &str = "P0000";

/// Codes of MongoDB (`error_codes.yml` of the server) that depend on content: a path that a stored value blocks, names and
/// values that no document may have, an `_id` that would change, a validator, parallel arrays in an index, a duplicate key,
/// `$merge` without a match, and a point that an index cannot read.
const CODES_OF_CONTENT: &[i32] = &[28, 52, 53, 55, 57, 66, 121, 171, 11000, 13113, 16755];

/// Why an error is no refusal for content; `None` when it is one.
pub(super) fn why_not(error: &ServerError) -> Option<String> {
    match (&error.sqlstate, error.code) {
        (Some(state), _) => state_is_not(state),
        (None, Some(code)) if CODES_OF_CONTENT.contains(&code) => None,
        (None, Some(code)) => Some(format!("{code} is no code of a refused document")),
        (None, None) => Some("it has no code".into()),
    }
}

fn state_is_not(state: &str) -> Option<String> {
    let class = state.get(..2).unwrap_or(state);
    match state {
        TRANSACTION_INTEGRITY => return None,
        PLPGSQL_ERROR => return Some(format!("{PLPGSQL_ERROR} is an internal error of PL/pgSQL")),
        _ => {}
    }
    let about = NOT_OF_CONTENT.iter().find(|(known, _)| *known == class)?.1;
    Some(format!("class {class} is about {about}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_state(state: &str) -> Option<String> {
        why_not(&ServerError { sqlstate: Some(state.into()), ..ServerError::default() })
    }

    fn of_code(code: i32) -> Option<String> {
        why_not(&ServerError { code: Some(code), ..ServerError::default() })
    }

    #[test]
    fn constraints_types_triggers_and_the_systems_own_codes_refuse_content() {
        for state in ["22P02", "22008", "23502", "23514", "23P01", "44000", "27000", "09000", "20000", "21000"] {
            assert_eq!(of_state(state), None, "{state}");
        }
        for state in ["P0001", "P0002", "P0003", "P0004", "40002", "45000", "U0001", "ZZ999", "99001"] {
            assert_eq!(of_state(state), None, "{state}");
        }
    }

    #[test]
    fn mistakes_rights_conflicts_limits_and_lost_connections_refuse_no_content() {
        for state in ["42601", "42P01", "42703", "42883", "42501", "428C9", "0A000", "08006", "57014", "57P01", "25P02"]
        {
            assert!(of_state(state).is_some(), "{state}");
        }
        for state in ["25006", "53100", "54000", "40001", "40P01", "55000", "55P03", "XX000", "P0000", "2BP01", "3F000"]
        {
            assert!(of_state(state).is_some(), "{state}");
        }
        assert_eq!(of_state("42P01").unwrap(), "class 42 is about the text of the statement, names or rights");
        assert_eq!(why_not(&ServerError::default()).unwrap(), "it has no code");
    }

    #[test]
    fn documents_are_refused_by_validators_and_keys_and_not_by_conflicts_or_commands() {
        for code in [121, 11000, 66, 171] {
            assert_eq!(of_code(code), None, "{code}");
        }
        for code in [2, 9, 13, 26, 50, 59, 64, 91, 112, 251, 10107, 11600] {
            assert!(of_code(code).is_some(), "{code}");
        }
    }
}
