//! The one dispatcher: workers send events, it stamps and counts them and hands each to one sink, in an order that can be
//! explained.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::event::{Event, Stamped, Summary, VERSION};
use crate::source::Span;
use crate::tally::Tally;

/// The sending end, cheap to clone.
#[derive(Clone)]
pub struct Reporting(UnboundedSender<(Instant, Event)>);

impl Reporting {
    /// Sends an event. When nobody listens any more the run is over and the event has no reader.
    pub fn send(&self, event: Event) {
        let _ = self.0.send((Instant::now(), event));
    }

    /// Tells of a lag.
    pub fn lag(&self, name: &str, span: &Span, lag: Duration) {
        let (line, _) = span.line_column();
        self.send(Event::LagMeasured {
            name: name.into(),
            place: format!("{}:{line}", span.file.name()),
            lag_ms: lag.as_secs_f64() * 1000.0,
        });
    }
}

/// The receiving end.
pub struct Dispatcher {
    begun: Instant,
    events: UnboundedReceiver<(Instant, Event)>,
}

impl Dispatcher {
    /// A dispatcher and what sends to it. The time of events counts from here.
    pub fn new() -> (Self, Reporting) {
        let (sender, events) = unbounded_channel();
        (Self { begun: Instant::now(), events }, Reporting(sender))
    }

    /// Hands every event to `sink` until all senders are gone, then the end of the run with its counts.
    pub async fn drive(mut self, mut sink: impl FnMut(&Stamped)) -> Summary {
        let mut tally = Tally::default();
        let mut sequence = 0;
        let mut hand = |at: Instant, event: Event, tally: &mut Tally| {
            tally.note(&event);
            let at_ms = u64::try_from(at.saturating_duration_since(self.begun).as_millis()).unwrap_or(u64::MAX);
            sink(&Stamped { version: VERSION, sequence, at_ms, event });
            sequence += 1;
        };
        while let Some((at, event)) = self.events.recv().await {
            hand(at, event, &mut tally);
        }
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let summary = tally.summary(elapsed);
        hand(Instant::now(), Event::RunFinished { summary: summary.clone() }, &mut tally);
        summary
    }
}
