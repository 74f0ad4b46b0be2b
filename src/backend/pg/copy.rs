//! COPY FROM STDIN.

use std::pin::pin;

use futures::SinkExt;
use tokio_postgres::Client;

use super::error;
use crate::backend::BackendError;
use crate::observation::{Outcome, Output};
use crate::variables::quote_identifier;

/// Copies rows in COPY's own text format, within a time limit that the caller sets.
pub(super) async fn copy_text(
    client: &Client,
    table: &str,
    columns: &[String],
    data: Vec<u8>,
) -> Result<u64, tokio_postgres::Error> {
    let columns: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    let table: Vec<String> = table.split('.').map(quote_identifier).collect();
    let command = format!("COPY {} ({}) FROM STDIN", table.join("."), columns.join(", "));
    let mut sink = pin!(client.copy_in::<_, std::io::Cursor<Vec<u8>>>(&command).await?);
    sink.send(std::io::Cursor::new(data)).await?;
    sink.finish().await
}

/// How many bytes go into one message.
const CHUNK: usize = 64 * 1024;

/// Copies CSV with a header line; all or nothing, as COPY is.
pub(super) async fn copy_csv(
    client: &Client,
    node: &str,
    table: &str,
    columns: &[String],
    data: Vec<u8>,
) -> Result<Outcome, BackendError> {
    let columns: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    let table: Vec<String> = table.split('.').map(quote_identifier).collect();
    let command = format!("COPY {} ({}) FROM STDIN WITH (FORMAT csv, HEADER)", table.join("."), columns.join(", "));
    let copied = async {
        let sink = client.copy_in::<_, std::io::Cursor<Vec<u8>>>(&command).await?;
        let mut sink = pin!(sink);
        for chunk in data.chunks(CHUNK) {
            sink.send(std::io::Cursor::new(chunk.to_vec())).await?;
        }
        sink.finish().await
    };
    match copied.await {
        Ok(affected) => Ok(Outcome::Output(Output::Sql { rows: None, affected })),
        Err(error) => error::of_statement(node, error).map(Outcome::Refused),
    }
}
