//! `save`: a value out of what came, by a path.

use bson::{Bson, Decimal128, Document};

use super::decimal::Decimal;
use super::evidence::kind;
use super::place::is_number;
use crate::model::Datum;
use crate::observation::{Column, DocumentSet, Observation, Outcome, Output, RowSet};

/// The value at `path`:
/// - `value`: the only cell of a result;
/// - `0.1`, `0.name`: row and column, the column by its position or its name; `rows.0.1` says the same;
/// - `rows`: all rows, a list of lists; `count`: how many rows or documents came; `affected`: how many rows were changed;
/// - `documents`, `documents.0._id`, `reply`, `reply.n`: parts of documents;
/// - `_id`, `a.b.0`: a field of a reply or of the first document.
///
/// # Errors
/// When there is nothing at the path; the sentence says what is there.
pub fn save(path: &str, observation: &Observation) -> Result<Datum, String> {
    let output = match &observation.outcome {
        Outcome::Output(output) => output,
        Outcome::Refused(error) => {
            return Err(format!("nothing can be saved: the server refused it: {}", error.message));
        }
    };
    match output {
        Output::Sql { affected, .. } if path == "affected" => Ok(Datum::Number(affected.to_string())),
        Output::Sql { rows: Some(set), .. } => from_rows(path, set),
        Output::Documents(set) => from_documents(path, set),
        Output::Reply(reply) => from_reply(path, reply),
        Output::Program(end) => from_reply(path, &end.reply()),
        Output::Streamed { count } if path == "count" => Ok(Datum::Number(count.to_string())),
        other => Err(format!("`{path}` cannot be saved: the step returned {}", kind(other))),
    }
}

fn from_rows(path: &str, set: &RowSet) -> Result<Datum, String> {
    match path {
        "value" => only_cell(set),
        "count" => Ok(Datum::Number(set.count.to_string())),
        "rows" => Ok(Datum::Bson(Bson::Array(set.rows.iter().map(|row| row_list(row, &set.columns)).collect()))),
        _ => cell_at(path, set),
    }
}

fn only_cell(set: &RowSet) -> Result<Datum, String> {
    match (set.columns.as_slice(), set.rows.as_slice()) {
        ([column], [row]) => Ok(datum(column, row.first().and_then(|cell| cell.as_deref()))),
        (columns, _) => Err(format!(
            "`value` needs one row of one column, but {} rows of {} columns were returned",
            set.count,
            columns.len()
        )),
    }
}

/// A column's name may hold dots, so that only the first one divides.
fn cell_at(path: &str, set: &RowSet) -> Result<Datum, String> {
    let rest = path.strip_prefix("rows.").unwrap_or(path);
    let (row, column) = rest.split_once('.').ok_or_else(|| {
        format!("`{path}` is not a path into rows: write `value`, `affected`, `count`, `rows`, or row and column as in `0.0`")
    })?;
    let number: usize = row.parse().map_err(|_| format!("`{path}`: `{row}` is not the number of a row"))?;
    let cells = set.rows.get(number).ok_or_else(|| format!("`{path}`: only {} rows were returned", set.count))?;
    let by_name = set.columns.iter().position(|known| known.name == column);
    let position = by_name.or_else(|| column.parse().ok().filter(|at| *at < set.columns.len())).ok_or_else(|| {
        let names: Vec<&str> = set.columns.iter().map(|column| column.name.as_str()).collect();
        format!("`{path}`: there is no column `{column}`; the columns are {}", names.join(", "))
    })?;
    Ok(datum(&set.columns[position], cells.get(position).and_then(|cell| cell.as_deref())))
}

fn row_list(row: &[Option<String>], columns: &[Column]) -> Bson {
    let cell = |(cell, column): (&Option<String>, &Column)| exact(&datum(column, cell.as_deref()));
    Bson::Array(row.iter().zip(columns).map(cell).collect())
}

/// A number that a double would round is kept with all its digits, as a Decimal128 or as text.
fn exact(value: &Datum) -> Bson {
    match (value, crate::variables::datum_to_bson(value)) {
        (Datum::Number(text), Bson::Double(double)) if Decimal::parse(&double.to_string()) != Decimal::parse(text) => {
            let decimal =
                text.parse().ok().filter(|kept: &Decimal128| Decimal::parse(&kept.to_string()) == Decimal::parse(text));
            decimal.map_or_else(|| Bson::String(text.clone()), Bson::Decimal128)
        }
        (_, bson) => bson,
    }
}

fn datum(column: &Column, text: Option<&str>) -> Datum {
    match text {
        None => Datum::Null,
        Some(text) if is_number(&column.sql_type) => Datum::Number(text.to_string()),
        Some("t" | "true") if column.type_name() == "bool" => Datum::Bool(true),
        Some("f" | "false") if column.type_name() == "bool" => Datum::Bool(false),
        Some(text) => Datum::Text(text.to_string()),
    }
}

fn from_documents(path: &str, set: &DocumentSet) -> Result<Datum, String> {
    if path == "count" {
        return Ok(Datum::Number(set.count.to_string()));
    }
    let documents = &set.documents;
    let all = || Bson::Array(documents.iter().cloned().map(Bson::Document).collect());
    match path.strip_prefix("documents") {
        Some("") => Ok(Datum::Bson(all())),
        Some(rest) if rest.starts_with('.') => field(path, &rest[1..], &all()),
        _ => match documents.first() {
            Some(first) => field(path, path, &Bson::Document(first.clone())),
            None => Err(format!("`{path}` cannot be saved: no documents were returned")),
        },
    }
}

fn from_reply(path: &str, reply: &Document) -> Result<Datum, String> {
    let whole = Bson::Document(reply.clone());
    match path.strip_prefix("reply") {
        Some("") => Ok(Datum::Bson(whole)),
        Some(rest) if rest.starts_with('.') => field(path, &rest[1..], &whole),
        _ => field(path, path, &whole),
    }
}

fn field(path: &str, rest: &str, root: &Bson) -> Result<Datum, String> {
    let mut at = root;
    for step in rest.split('.') {
        let next = match at {
            Bson::Document(document) => document.get(step),
            Bson::Array(items) => step.parse::<usize>().ok().and_then(|position| items.get(position)),
            _ => None,
        };
        at = next.ok_or_else(|| format!("`{path}`: there is no `{step}` in {}", super::ejson::line(at)))?;
    }
    Ok(typed(at))
}

/// Types that a plain value would lose stay typed.
fn typed(value: &Bson) -> Datum {
    match value {
        Bson::Null => Datum::Null,
        Bson::Boolean(flag) => Datum::Bool(*flag),
        Bson::Int32(number) => Datum::Number(number.to_string()),
        Bson::String(text) => Datum::Text(text.clone()),
        other => Datum::Bson(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;
    use crate::judge::testing::{observed, returned};
    use crate::observation::ServerError;

    #[test]
    fn numbers_in_a_list_of_rows_keep_all_their_digits() {
        let observation = returned(&["n:numeric"], &[&["0.5"], &["12345678901234567890.123"], &["9007199254740993"]]);
        let rows = Datum::Bson(bson::bson!([
            [0.5],
            ["12345678901234567890.123".parse::<Decimal128>().unwrap()],
            [9_007_199_254_740_993_i64]
        ]));
        assert_eq!(save("rows", &observation), Ok(rows));
    }

    fn number(text: &str) -> Result<Datum, String> {
        Ok(Datum::Number(text.into()))
    }

    #[test]
    fn cells_are_saved_with_the_type_of_their_column() {
        let rows = returned(&["id:int4", "a.b:text", "ok:bool"], &[&["7", "10", "t"], &["8", "\\N", "f"]]);
        assert_eq!(save("0.0", &rows), number("7"));
        assert_eq!(save("1.id", &rows), number("8"));
        assert_eq!(save("rows.1.id", &rows), number("8"));
        assert_eq!(save("0.a.b", &rows), Ok(Datum::Text("10".into())));
        assert_eq!(save("1.1", &rows), Ok(Datum::Null));
        assert_eq!(save("1.ok", &rows), Ok(Datum::Bool(false)));
        assert_eq!(save("count", &rows), number("2"));
        assert_eq!(save("affected", &rows), number("2"));
        let list = Bson::Array(vec![
            Bson::Array(vec![Bson::Int32(7), Bson::String("10".into()), Bson::Boolean(true)]),
            Bson::Array(vec![Bson::Int32(8), Bson::Null, Bson::Boolean(false)]),
        ]);
        assert_eq!(save("rows", &rows), Ok(Datum::Bson(list)));
    }

    #[test]
    fn value_is_the_only_cell_and_nothing_else() {
        assert_eq!(save("value", &returned(&["n:numeric"], &[&["10.00"]])), number("10.00"));
        for rows in [returned(&["n:int4"], &[]), returned(&["a:int4", "b:int4"], &[&["1", "2"]])] {
            assert!(save("value", &rows).unwrap_err().contains("one row of one column"));
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_says_what_is_there() {
        let rows = returned(&["id:int4"], &[&["7"]]);
        assert!(save("1.0", &rows).unwrap_err().contains("only 1 rows"));
        assert!(save("0.name", &rows).unwrap_err().contains("the columns are id"));
        assert!(save("0.1", &rows).is_err());
        assert!(save("id", &rows).unwrap_err().contains("not a path into rows"));
        assert!(save("x.0", &rows).unwrap_err().contains("not the number of a row"));
    }

    #[test]
    fn fields_of_documents_keep_their_types() {
        let id = bson::oid::ObjectId::from_bytes([7; 12]);
        let documents = observed(Outcome::Output(Output::Documents(DocumentSet::new(vec![
            doc! { "_id": id, "n": 5_i64, "list": [{ "a": 1 }], "s": "x", "z": Bson::Null },
            doc! { "_id": 2 },
        ]))));
        assert_eq!(save("documents.0._id", &documents), Ok(Datum::Bson(Bson::ObjectId(id))));
        assert_eq!(save("documents.1._id", &documents), number("2"));
        assert_eq!(save("n", &documents), Ok(Datum::Bson(Bson::Int64(5))));
        assert_eq!(save("list.0.a", &documents), number("1"));
        assert_eq!(save("s", &documents), Ok(Datum::Text("x".into())));
        assert_eq!(save("z", &documents), Ok(Datum::Null));
        assert_eq!(save("count", &documents), number("2"));
        assert!(save("documents.2._id", &documents).is_err());
        assert!(save("missing", &documents).unwrap_err().contains("there is no `missing`"));
    }

    #[test]
    fn a_reply_is_reached_with_and_without_its_name() {
        let reply = observed(Outcome::Output(Output::Reply(doc! { "n": 1, "replyTo": 2 })));
        assert_eq!(save("reply.n", &reply), number("1"));
        assert_eq!(save("n", &reply), number("1"));
        assert_eq!(save("replyTo", &reply), number("2"));
        assert_eq!(save("reply", &reply), Ok(Datum::Bson(Bson::Document(doc! { "n": 1, "replyTo": 2 }))));
    }

    #[test]
    fn nothing_is_saved_from_a_refusal_or_from_nothing() {
        assert!(save("value", &observed(Outcome::Refused(ServerError::default()))).is_err());
        assert!(save("value", &observed(Outcome::Output(Output::Nothing))).is_err());
        assert!(save("value", &observed(Outcome::Output(Output::Documents(DocumentSet::default())))).is_err());
    }
}
