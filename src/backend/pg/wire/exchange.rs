//! One exchange: a text of statements or one statement with parameters is sent, and everything is read until the server is
//! ready for the next.

use bytes::{Bytes, BytesMut};
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{ErrorResponseBody, Message};
use postgres_protocol::message::frontend;

use super::startup::unexpected;
use super::{Collected, Collector, Loss, Next, Status, Wire, encoding};
use crate::backend::pg::error::refusal_and_end;
use crate::observation::{Keep, ServerError};

/// How much of a COPY's data goes into one message.
const CHUNK: usize = 64 * 1024;

/// What a `COPY … FROM STDIN` of the text reads.
#[derive(Clone, Debug, Default)]
pub(in crate::backend::pg) enum Stdin {
    /// Nothing: such a statement fails.
    #[default]
    Closed,
    /// The data of the first one.
    Data(Bytes),
}

/// What is sent.
pub(in crate::backend::pg) struct Exchange<'a> {
    /// One statement or several.
    pub(in crate::backend::pg) sql: &'a str,
    /// Values of `$1` and so on in text form; with any, `sql` is one statement.
    pub(in crate::backend::pg) parameters: &'a [Option<String>],
    /// The OIDs of the types of `$1` and so on; 0, or none at all, where the place asks for one.
    pub(in crate::backend::pg) types: &'a [u32],
    /// Whether it must be one statement.
    pub(in crate::backend::pg) single: bool,
    /// For each column of one statement, whether it is asked for in binary form.
    pub(in crate::backend::pg) binary: &'a [bool],
    /// What a COPY reads.
    pub(in crate::backend::pg) stdin: Stdin,
}

impl Wire {
    /// Sends and reads to the end. `Err` of the inner result is the server's refusal; the connection stays usable.
    pub(in crate::backend::pg) async fn exchange(
        &mut self,
        exchange: Exchange<'_>,
        collector: Collector<'_, '_>,
    ) -> Result<Result<Collected, ServerError>, Loss> {
        self.said.clear();
        encoding::may_send(&self.parameters, &exchange)?;
        self.encode(|output| match exchange.parameters {
            [] if !exchange.single => Ok(frontend::query(exchange.sql, output)?),
            _ => extended(&exchange, output),
        })?;
        self.flush_or_listen().await?;
        self.answer(exchange.binary, exchange.stdin, collector).await
    }

    /// What one statement takes and returns when its parameters have these types, or those that their places ask for; it is
    /// not run (manual, 54.2.3, Parse and Describe).
    pub(in crate::backend::pg) async fn describe(
        &mut self,
        sql: &str,
        types: &[u32],
    ) -> Result<Result<Collected, ServerError>, Loss> {
        self.encode(|output| {
            frontend::parse("", sql, types.iter().copied(), output)?;
            frontend::describe(b'S', "", output)?;
            frontend::sync(output);
            Ok(())
        })?;
        self.flush_or_listen().await?;
        self.answer(&[], Stdin::Closed, Collector::keeping(Keep::Count)).await
    }

    /// Sends texts in one flight and reads what the server says to each: an exchange each, one after the other.
    pub(in crate::backend::pg) async fn pipeline(
        &mut self,
        texts: &[String],
    ) -> Result<Vec<Result<Collected, ServerError>>, Loss> {
        for text in texts {
            self.encode(|output| Ok(frontend::query(text, output)?))?;
        }
        self.flush_or_listen().await?;
        let mut answers = Vec::with_capacity(texts.len());
        for _ in texts {
            answers.push(self.answer(&[], Stdin::Closed, Collector::keeping(Keep::All)).await?);
        }
        Ok(answers)
    }

    /// Reads and forgets until the server is ready: the rest of an exchange that no one waits for.
    pub(in crate::backend::pg) async fn drain(&mut self) -> Result<(), Loss> {
        self.flush_or_listen().await?;
        match self.answer(&[], Stdin::Closed, Collector::keeping(Keep::Count)).await {
            Ok(_) | Err(Loss::Unusable(_)) => Ok(()),
            Err(loss) => Err(loss),
        }
    }

    /// Reads until the server is ready for the next.
    async fn answer(
        &mut self,
        binary: &[bool],
        mut stdin: Stdin,
        mut collector: Collector<'_, '_>,
    ) -> Result<Result<Collected, ServerError>, Loss> {
        let mut refused = None;
        collector.foreign(encoding::foreign(&self.parameters));
        loop {
            match self.next().await? {
                Next::Row(length) if collector.takes(length) => {
                    let cells = self.row().cells(binary).await?;
                    collector.row(cells)?;
                }
                Next::Row(_) => self.row().skip().await?,
                Next::Message(Message::ReadyForQuery(body)) => {
                    self.status = status(body.status());
                    collector.foreign(encoding::foreign(&self.parameters));
                    return collector.finish(refused, &self.said, &self.parameters);
                }
                Next::Message(Message::ErrorResponse(body)) => {
                    let refusal = self.refusal(&body)?;
                    collector.refused(&refusal);
                    refused.get_or_insert(refusal);
                }
                Next::Message(Message::CopyInResponse(_)) => self.copy_in(std::mem::take(&mut stdin)).await?,
                Next::Message(message) => self.collect(message, &mut collector)?,
            }
        }
    }

    /// Puts messages into the output: all of them, or none when one cannot be written down.
    fn encode(&mut self, write: impl FnOnce(&mut BytesMut) -> Result<(), Loss>) -> Result<(), Loss> {
        write(&mut self.output).map_err(|loss| {
            self.output.clear();
            match loss {
                Loss::Protocol(cause) => Loss::Unsent(format!("this cannot be sent: {cause}")),
                other => other,
            }
        })
    }

    /// A refusal after which the connection goes on; the last words of a server are a loss.
    fn refusal(&self, body: &ErrorResponseBody) -> Result<ServerError, Loss> {
        let (refusal, fatal) = refusal_and_end(&mut body.fields())?;
        if fatal { Err(Loss::Told(Box::new(refusal))) } else { Ok(refusal) }
    }

    fn collect(&mut self, message: Message, collector: &mut Collector<'_, '_>) -> Result<(), Loss> {
        match message {
            Message::ParseComplete => collector.parsed(true),
            Message::ParameterDescription(body) => collector.takes_parameters(&body)?,
            Message::BindComplete => collector.parsed(false),
            Message::RowDescription(body) => collector.begin(&body, &self.parameters)?,
            Message::CommandComplete(body) => collector.complete(body.tag()?),
            Message::CopyOutResponse(body) => collector.begin_copy(body.format(), &self.parameters)?,
            Message::CopyData(body) => collector.copied(body.data())?,
            Message::EmptyQueryResponse | Message::NoData | Message::CopyDone => {}
            other => return Err(unexpected(&other)),
        }
        Ok(())
    }

    async fn copy_in(&mut self, stdin: Stdin) -> Result<(), Loss> {
        match stdin {
            Stdin::Closed => frontend::copy_fail("the step gives it no data", &mut self.output)?,
            Stdin::Data(data) => {
                let mut rest = data;
                while !rest.is_empty() {
                    let chunk = rest.split_to(rest.len().min(CHUNK));
                    frontend::CopyData::new(chunk)?.write(&mut self.output);
                    self.flush().await?;
                }
                frontend::copy_done(&mut self.output);
            }
        }
        self.flush().await
    }

    /// A server that closes the connection while it is written to has often said why before.
    async fn flush_or_listen(&mut self) -> Result<(), Loss> {
        let Err(loss) = self.flush().await else { return Ok(()) };
        match self.look() {
            Err(told @ Loss::Told(_)) => Err(told),
            _ => Err(loss),
        }
    }
}

fn status(byte: u8) -> Status {
    match byte {
        b'T' => Status::Open,
        b'E' => Status::Failed,
        _ => Status::Idle,
    }
}

/// Parse, Bind, Describe, Execute and Sync in one flight (manual, 54.2.3), everything in text form but the columns in `binary`.
fn extended(exchange: &Exchange<'_>, output: &mut BytesMut) -> Result<(), Loss> {
    frontend::parse("", exchange.sql, exchange.types.iter().copied(), output)?;
    let values = exchange.parameters.iter().map(Option::as_deref);
    let write = |value: Option<&str>, buffer: &mut BytesMut| match value {
        Some(text) => {
            buffer.extend_from_slice(text.as_bytes());
            Ok(IsNull::No)
        }
        None => Ok(IsNull::Yes),
    };
    let formats = exchange.binary.iter().map(|binary| i16::from(*binary));
    frontend::bind("", "", [], values, write, formats, output)
        .map_err(|_| Loss::Protocol("the parameters are too long for one message".into()))?;
    frontend::describe(b'P', "", output)?;
    frontend::execute("", 0, output)?;
    frontend::sync(output);
    Ok(())
}
