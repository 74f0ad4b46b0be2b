//! The beginning of a connection: start-up packet, authentication, settings (manual, 54.2.1).

use std::collections::BTreeMap;
use std::io;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::socket::Socket;
use super::{Address, CancelKey, Loss, Next, Status, Wire};
use crate::backend::pg::error::refusal_of;

/// Settings that a connection begins with, beside those of its URL: what polyspec reads is UTF-8.
const SETTINGS: [(&str, &str); 1] = [("client_encoding", "UTF8")];

/// The default port (manual, 20.3.1).
const PORT: u16 = 5432;

/// The first address of a configuration.
pub(super) fn address(config: &Config) -> Address {
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    match (config.get_hostaddrs().first(), config.get_hosts().first()) {
        (Some(address), _) => Address::Tcp(address.to_string(), port),
        (None, Some(Host::Tcp(host))) => Address::Tcp(host.clone(), port),
        (None, Some(Host::Unix(folder))) => Address::Unix(folder.join(format!(".s.PGSQL.{port}"))),
        (None, None) => Address::Tcp("127.0.0.1".into(), port),
    }
}

impl Wire {
    /// Connects to the first host of `config` as its user. It takes as long as it takes: the caller sets the limit.
    pub(in crate::backend::pg) async fn connect(config: &Config) -> Result<Self, Loss> {
        if config.get_ssl_mode() == SslMode::Require {
            return Err(Loss::Protocol("its URL asks for TLS, which polyspec does not speak".into()));
        }
        let address = address(config);
        let mut wire = Self {
            socket: Socket::open(&address).await?,
            address,
            input: BytesMut::new(),
            output: BytesMut::new(),
            row: 0,
            status: Status::Idle,
            key: CancelKey { process: 0, secret: 0 },
            parameters: BTreeMap::new(),
            said: vec![],
            notified: vec![],
        };
        wire.start(config).await?;
        wire.authenticate(config).await?;
        wire.until_ready().await?;
        Ok(wire)
    }

    async fn start(&mut self, config: &Config) -> Result<(), Loss> {
        let user = config.get_user().unwrap_or_default();
        let mut parameters = vec![("user", user), ("database", config.get_dbname().unwrap_or(user))];
        parameters.extend(config.get_application_name().map(|name| ("application_name", name)));
        parameters.extend(config.get_options().map(|options| ("options", options)));
        parameters.extend(SETTINGS);
        frontend::startup_message(parameters, &mut self.output)?;
        self.flush().await
    }

    async fn authenticate(&mut self, config: &Config) -> Result<(), Loss> {
        let password = || config.get_password().ok_or_else(|| Loss::Protocol("the server asks for a password".into()));
        loop {
            match self.message().await? {
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationCleartextPassword => frontend::password_message(password()?, &mut self.output)?,
                Message::AuthenticationMd5Password(body) => {
                    let user = config.get_user().unwrap_or_default().as_bytes();
                    let hash = md5_hash(user, password()?, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut self.output)?;
                }
                Message::AuthenticationSasl(body) => self.scram(&body, password()?).await?,
                other => return Err(unexpected(&other)),
            }
            self.flush().await?;
        }
    }

    /// SCRAM-SHA-256 (manual, 54.3).
    async fn scram(&mut self, body: &AuthenticationSaslBody, password: &[u8]) -> Result<(), Loss> {
        if !body.mechanisms().any(|mechanism| Ok(mechanism == SCRAM_SHA_256))? {
            return Err(Loss::Protocol("the server offers no SCRAM-SHA-256".into()));
        }
        let mut scram = ScramSha256::new(password, ChannelBinding::unsupported());
        frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut self.output)?;
        self.flush().await?;
        match self.message().await? {
            Message::AuthenticationSaslContinue(body) => scram.update(body.data())?,
            other => return Err(unexpected(&other)),
        }
        frontend::sasl_response(scram.message(), &mut self.output)?;
        self.flush().await?;
        match self.message().await? {
            Message::AuthenticationSaslFinal(body) => Ok(scram.finish(body.data())?),
            other => Err(unexpected(&other)),
        }
    }

    async fn until_ready(&mut self) -> Result<(), Loss> {
        loop {
            match self.message().await? {
                Message::BackendKeyData(body) => {
                    self.key = CancelKey { process: body.process_id(), secret: body.secret_key() };
                }
                Message::ReadyForQuery(_) => return Ok(()),
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// The next message of the start; a refusal ends it.
    async fn message(&mut self) -> Result<Message, Loss> {
        match self.next().await? {
            Next::Message(Message::ErrorResponse(body)) => Err(Loss::Told(Box::new(refusal_of(&mut body.fields())?))),
            Next::Message(message) => Ok(message),
            Next::Row(_) => Err(Loss::Protocol("a row was received where none was asked for".into())),
        }
    }
}

/// A message that has no place where it came.
pub(super) fn unexpected(message: &Message) -> Loss {
    let kind = match message {
        Message::ErrorResponse(_) => "a refusal",
        Message::CopyInResponse(_) | Message::CopyOutResponse(_) => "a COPY",
        Message::ReadyForQuery(_) => "the end of an exchange",
        _ => "a message",
    };
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {kind} where it has no place")).into()
}
