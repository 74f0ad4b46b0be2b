//! Dates, times and intervals that a session prints in a style of its own (manual, 19.11.2, DateStyle and IntervalStyle):
//! what they are in the one style that polyspec reads. The server itself says so, on a connection that no one sees: it reads
//! each text under the settings under which it was printed, and must print it again as it was.

use std::collections::BTreeMap;
use std::time::Duration;

use super::PgSession;
use super::asides::run_beside;
use crate::backend::BackendError;
use crate::observation::parts::rewritten;
use crate::observation::{Column, OutputSettings, SqlType};
use crate::variables::quote_literal;

/// The OIDs of `date`, `timestamp`, `timestamptz`, `interval`, and their names.
const STYLED: [(u32, &str); 4] = [(1082, "date"), (1114, "timestamp"), (1184, "timestamptz"), (1186, "interval")];

/// How many values are asked about in one statement.
const CHUNK: usize = 1_000;

/// How long that may take, with the connection that is made for it.
const LIMIT: Duration = Duration::from_secs(30);

type Rows = Vec<Vec<Option<String>>>;

/// Texts of the session with what they are in polyspec's style, by type.
type Known = BTreeMap<(u32, String), String>;

impl PgSession {
    /// The rows in the style that polyspec reads; `None` when there is nothing in them that a style shapes.
    ///
    /// # Errors
    /// The server cannot be asked, or does not read what it has printed.
    pub(super) async fn in_usual_style(
        &mut self,
        columns: &[Column],
        rows: &Rows,
        settings: &OutputSettings,
    ) -> Result<Option<Rows>, BackendError> {
        if settings.is_usual() || !columns.iter().any(|column| column.sql_type.holds(&is_styled)) {
            return Ok(None);
        }
        let values = values(columns, rows);
        let mut known = Known::new();
        for (oid, name) in STYLED {
            let texts: Vec<&str> = values.iter().filter(|(of, _)| *of == oid).map(|(_, text)| text.as_str()).collect();
            for some in texts.chunks(CHUNK) {
                match converted(self, name, some, settings).await {
                    Ok(usual) => known.extend(some.iter().map(|text| (oid, text.to_string())).zip(usual)),
                    Err(why) => return Err(self.trouble(&why)),
                }
            }
        }
        Ok(Some(with(columns, rows, &known)))
    }
}

fn is_styled(part: &SqlType) -> bool {
    STYLED.iter().any(|(oid, _)| *oid == part.oid)
}

/// The texts that a style shapes, each once.
fn values(columns: &[Column], rows: &Rows) -> Vec<(u32, String)> {
    let mut found = vec![];
    for row in rows {
        for (column, text) in columns.iter().zip(row) {
            let Some(text) = text else { continue };
            let _ = rewritten(&column.sql_type, text, &mut |part, text| {
                if is_styled(part) {
                    found.push((part.oid, text.to_string()));
                }
                Some(String::new())
            });
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The rows with other texts in the places of those that are known.
fn with(columns: &[Column], rows: &Rows, known: &Known) -> Rows {
    let cell = |(column, text): (&Column, &Option<String>)| {
        let text = text.as_ref()?;
        let usual = rewritten(&column.sql_type, text, &mut |part, text| {
            Some(known.get(&(part.oid, text.to_string())).map_or_else(|| text.to_string(), String::clone))
        });
        Some(usual.unwrap_or_else(|| text.clone()))
    };
    rows.iter().map(|row| columns.iter().zip(row).map(cell).collect()).collect()
}

/// Values of a type in polyspec's style.
async fn converted(
    session: &PgSession,
    type_name: &str,
    texts: &[&str],
    settings: &OutputSettings,
) -> Result<Vec<String>, String> {
    let statements = statements(type_name, texts, settings);
    let asked = run_beside(&session.config, &statements);
    let said = tokio::time::timeout(LIMIT, asked).await.ok().flatten();
    let Some([_, printed, _, usual, _]) = said.as_deref() else {
        return Err(format!(
            "values of type {type_name} {}, and the server cannot be asked what they are",
            how(settings)
        ));
    };
    let cells = |rows: &Rows| rows.iter().filter_map(|row| row.first().cloned().flatten()).collect::<Vec<_>>();
    let (printed, usual) = (cells(printed), cells(usual));
    match texts.iter().enumerate().find(|(at, text)| printed.get(*at).map(String::as_str) != Some(text)) {
        None if usual.len() == texts.len() => Ok(usual),
        odd => Err(format!(
            "`{}` of type {type_name} {}, and the server itself reads it as another value: run `SET DateStyle = 'ISO'; SET \
             IntervalStyle = 'postgres'` in a step before",
            odd.map_or("", |(_, text)| text),
            how(settings)
        )),
    }
}

fn how(settings: &OutputSettings) -> String {
    format!("were printed under DateStyle {} and IntervalStyle {}", settings.date_style, settings.interval_style)
}

/// A literal is read when its statement is (manual, 4.1.2.7), and printed when a row is fetched: once under the settings of the
/// session, once under polyspec's own.
fn statements(type_name: &str, texts: &[&str], settings: &OutputSettings) -> [String; 5] {
    let literals: Vec<String> =
        texts.iter().map(|text| format!("({}::pg_catalog.{type_name})", quote_literal(text))).collect();
    let mut open = "BEGIN READ ONLY; ".to_string();
    for (name, value) in [
        ("DateStyle", &settings.date_style),
        ("IntervalStyle", &settings.interval_style),
        ("TimeZone", &settings.time_zone),
    ] {
        if !value.is_empty() {
            open.push_str(&format!("SET LOCAL {name} = {}; ", quote_literal(value)));
        }
    }
    [
        format!("{open}DECLARE shown SCROLL CURSOR FOR VALUES {}", literals.join(", ")),
        "FETCH ALL FROM shown".into(),
        "SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; MOVE ABSOLUTE 0 IN shown".into(),
        "FETCH ALL FROM shown".into(),
        "ROLLBACK".into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{CATALOG, Shape};

    fn builtin(oid: u32, name: &str) -> SqlType {
        SqlType { oid, schema: CATALOG.into(), ..SqlType::named(name) }
    }

    #[test]
    fn only_what_a_style_shapes_is_asked_about_and_put_back_in_its_place() {
        let dates = Shape::Array { element: Box::new(builtin(1082, "date")), delimiter: ',' };
        let column = |sql_type| Column { name: "c".into(), sql_type, modifier: None };
        let columns = [column(builtin(25, "text")), column(SqlType { shape: dates, ..SqlType::default() })];
        let cell = |text: &str| Some(text.to_string());
        let rows = vec![
            vec![cell("31.01.2024"), cell("{31.01.2024,NULL}")],
            vec![None, cell("{31.01.2024,30.01.2024}")],
            vec![None, None],
        ];
        let asked = values(&columns, &rows);
        assert_eq!(asked, [(1082, "30.01.2024".to_string()), (1082, "31.01.2024".to_string())]);
        let known: Known = asked.into_iter().zip(["2024-01-30".to_string(), "2024-01-31".into()]).collect();
        let usual = vec![
            vec![cell("31.01.2024"), cell("{2024-01-31,NULL}")],
            vec![None, cell("{2024-01-31,2024-01-30}")],
            vec![None, None],
        ];
        assert_eq!(with(&columns, &rows, &known), usual);
    }

    #[test]
    fn texts_are_read_under_the_settings_under_which_they_were_printed() {
        let settings = OutputSettings {
            date_style: "SQL, DMY".into(),
            interval_style: "postgres".into(),
            time_zone: "Europe/Berlin".into(),
            search_path: None,
        };
        let [open, ..] = statements("date", &["01/02/2024"], &settings);
        assert!(open.starts_with("BEGIN READ ONLY; SET LOCAL DateStyle = 'SQL, DMY'; "), "{open}");
        assert!(open.ends_with("VALUES ('01/02/2024'::pg_catalog.date)"), "{open}");
    }
}
