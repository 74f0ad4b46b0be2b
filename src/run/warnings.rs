//! What the machinery warns of (`tracing::warn!`) becomes an event of the run that goes on, so that every report has it.
//! Where no run goes on (servers are taken down, or started for `up`), the command prints it.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer;
use tracing_subscriber::registry::LookupSpan;

use crate::engine::Reporting;
use crate::event::Event;

/// Where the warnings of this process go.
static CURRENT: Mutex<Option<Reporting>> = Mutex::new(None);

/// What a command does with warnings while no run goes on.
static OTHERWISE: OnceLock<fn(&str)> = OnceLock::new();

/// What is warned of while no run goes on is handed to `print` from now on.
pub(super) fn otherwise(print: fn(&str)) {
    let _ = OTHERWISE.set(print);
}

/// While it lives, warnings are events of a run.
pub(super) struct Listening;

impl Listening {
    /// Of several runs in one process the last one hears everything.
    pub fn to(reporting: &Reporting) -> Self {
        set(Some(reporting.clone()));
        Self
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        set(None);
    }
}

fn set(reporting: Option<Reporting>) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = reporting;
}

/// Hands a warning to the run that goes on, else to the command.
pub(super) fn send(message: String) {
    match (&*CURRENT.lock().unwrap_or_else(PoisonError::into_inner), OTHERWISE.get()) {
        (Some(reporting), _) => reporting.send(Event::Warning { message }),
        (None, Some(print)) => print(&message),
        (None, None) => {}
    }
}

/// Whether something is polyspec's own doing; what libraries say concerns their own work.
pub(super) fn is_own(about: &Metadata<'_>) -> bool {
    about.target().starts_with("polyspec")
}

/// Hands polyspec's own warnings and errors to `hear`, a line each.
pub(super) fn layer<S, F>(hear: F) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn(String) + Send + Sync + 'static,
{
    let own = filter_fn(|about| *about.level() <= Level::WARN && is_own(about));
    Warnings(hear).with_filter(own.with_max_level_hint(LevelFilter::WARN))
}

struct Warnings<F>(F);

impl<S: Subscriber, F: Fn(String) + 'static> Layer<S> for Warnings<F> {
    fn on_event(&self, event: &tracing::Event<'_>, _: layer::Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        (self.0)(line.text());
    }
}

/// A warning as one line: its message, then what it names.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn text(self) -> String {
        if self.fields.is_empty() { self.message } else { format!("{}: {}", self.message, self.fields) }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A text takes everything that is written into it.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name if self.fields.is_empty() => write!(self.fields, "{name} {value:?}"),
            name => write!(self.fields, ", {name} {value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry;

    use super::*;

    fn heard(warn: impl FnOnce()) -> Vec<String> {
        let lines = Arc::new(Mutex::new(vec![]));
        let into = lines.clone();
        let hears = registry().with(layer(move |line| into.lock().unwrap().push(line)));
        tracing::subscriber::with_default(hears, warn);
        lines.lock().unwrap().clone()
    }

    #[test]
    fn a_warning_is_one_line_with_what_it_names() {
        let lines = heard(|| {
            tracing::warn!("{}: could not be cleaned up", "/run/x");
            tracing::warn!(error = %"no space", scenario = "a.yaml", "a pending file could not be written");
        });
        let second = "a pending file could not be written: error no space, scenario \"a.yaml\"";
        assert_eq!(lines, ["/run/x: could not be cleaned up", second]);
    }

    #[test]
    fn what_is_no_warning_or_not_polyspecs_own_is_not_heard() {
        let lines = heard(|| {
            tracing::debug!("a connection ended");
            tracing::info!("ready");
            tracing::warn!(target: "mongodb::server_selection", "none");
        });
        assert_eq!(lines, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_run_hears_what_is_warned_of_while_it_listens() {
        let (dispatcher, reporting) = crate::engine::Dispatcher::new();
        let listening = Listening::to(&reporting);
        send("left over".into());
        drop((listening, reporting));
        send("too late".into());
        let mut messages = vec![];
        dispatcher
            .drive(|stamped| {
                if let Event::Warning { message } = &stamped.event {
                    messages.push(message.clone());
                }
            })
            .await;
        assert!(messages.contains(&"left over".to_string()) && !messages.contains(&"too late".to_string()));
    }
}
