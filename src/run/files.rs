//! Generated rows as files, without a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use tokio::io::AsyncWriteExt;

use super::filling::{lists, system_of, variables};
use super::{Request, RunError};
use crate::engine::{Interrupt, chunks};
use crate::generate::Plan;
use crate::model::{Action, Generate};
use crate::source::Diagnostic;
use crate::suite::Suite;

/// How many rows are made at a time.
const CHUNK: u64 = 20_000;

/// Chunks that are made ahead.
const AHEAD: usize = 3;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Comma-separated values with a header.
    Csv,
    /// An array of objects.
    Json,
    /// An object a line.
    JsonLines,
}

/// Which files.
pub struct Files {
    /// The suite, and the system if not its own.
    pub request: Request,
    /// Rows for each table.
    pub rows: u64,
    /// The seed.
    pub seed: String,
    /// The folder; tables lie below it under `pg`, collections under `mongo`.
    pub folder: PathBuf,
    /// The form.
    pub format: FileFormat,
    /// Only these tables and collections; all when empty.
    pub tables: Vec<String>,
}

/// A table of the system's lists.
struct Wanted {
    plan: Arc<Plan>,
    table: usize,
}

/// Writes the files and says which, with the rows in each. `told` hears of each table how many rows are done, of how many.
///
/// # Errors
/// The suite or the system is wrong, or a file cannot be written.
pub async fn write_files(
    files: &Files,
    told: &mut dyn FnMut(&str, u64, u64),
    interrupt: Interrupt,
) -> Result<Vec<(PathBuf, u64)>, RunError> {
    let wanted = files.wanted().map_err(RunError::Input)?;
    let mut written = vec![];
    for each in &wanted {
        let path = files.path(&each.plan, each.table);
        // A file has its name only when it is whole.
        let unfinished =
            path.with_file_name(format!(".{}.part", path.file_name().unwrap_or_default().to_string_lossy()));
        let done = tokio::select! {
            done = files.write(each, &unfinished, told) => done,
            () = interrupt.wait() => Err(std::io::Error::other("interrupted")),
        };
        let done = done.and_then(|()| std::fs::rename(&unfinished, &path));
        if done.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        let broken = |error| RunError::Machinery(format!("`{}` cannot be written: {error}", path.display()));
        done.map_err(broken)?;
        written.push((path, each.plan.rows(each.table)));
    }
    Ok(written)
}

impl Files {
    fn wanted(&self) -> Result<Vec<Wanted>, Vec<Diagnostic>> {
        let suite = Suite::open(&self.request.suite, &self.request.cwd)?;
        let system = system_of(&suite, self.request.system.as_deref())?;
        let variables = variables(self.rows, &self.seed);
        let mut found = vec![];
        for list in lists(&system)? {
            for step in system.steps.get(list).into_iter().flatten() {
                let Action::Generate(spec) = &step.action else { continue };
                let plan = Arc::new(Plan::new(spec, &variables).map_err(|error| vec![error])?);
                found.extend(self.chosen(spec).map(|table| Wanted { plan: plan.clone(), table }));
            }
        }
        let unknown = self.tables.iter().find(|name| !found.iter().any(|each| each.plan.name(each.table) == *name));
        match unknown {
            Some(name) => Err(vec![
                Diagnostic::error(&system.title.span, format!("no rows are generated for `{name}`"))
                    .help("name a table or a collection of a `generate` of this system"),
            ]),
            None => Ok(found),
        }
    }

    fn chosen<'a>(&'a self, spec: &'a Generate) -> impl Iterator<Item = usize> + 'a {
        let chosen = |name: &String| self.tables.is_empty() || self.tables.contains(name);
        spec.tables.iter().enumerate().filter(move |(_, table)| chosen(&table.name)).map(|(at, _)| at)
    }

    fn path(&self, plan: &Plan, table: usize) -> PathBuf {
        let ending = match self.format {
            FileFormat::Csv => "csv",
            FileFormat::Json => "json",
            FileFormat::JsonLines => "jsonl",
        };
        // A table may be named with its schema; nothing of its name may lead elsewhere.
        let name = plan.name(table).replace(['/', '\\'], "_");
        self.folder.join(plan.engine(table).as_str()).join(format!("{name}.{ending}"))
    }

    async fn write(&self, wanted: &Wanted, path: &Path, told: &mut dyn FnMut(&str, u64, u64)) -> std::io::Result<()> {
        let (plan, table) = (&wanted.plan, wanted.table);
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let mut file = tokio::io::BufWriter::new(tokio::fs::File::create(path).await?);
        file.write_all(&self.begin(plan, table)).await?;
        let make = match self.format {
            FileFormat::Csv => Plan::csv,
            FileFormat::Json => Plan::json_items,
            FileFormat::JsonLines => Plan::json_lines,
        };
        let mut made = stream::iter(chunks(plan, table, 0..plan.rows(table), CHUNK, make)).buffered(AHEAD);
        let mut done = 0;
        while let Some(chunk) = made.next().await {
            let (rows, data) = chunk.map_err(std::io::Error::other)?;
            file.write_all(&data).await?;
            done += rows;
            told(plan.name(table), done, plan.rows(table));
        }
        if self.format == FileFormat::Json {
            file.write_all(b"]\n").await?;
        }
        file.flush().await
    }

    fn begin(&self, plan: &Plan, table: usize) -> Vec<u8> {
        match self.format {
            FileFormat::Csv => plan.csv_header(table),
            FileFormat::Json => b"[\n".to_vec(),
            FileFormat::JsonLines => vec![],
        }
    }
}
