//! Who hears what polyspec says of its own work (`tracing`): warnings go to the run or the command ([`warnings`]); everything
//! else is written to standard error when somebody asks for it (`-vv`).

use std::io::{self, Write};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt, registry};

use super::warnings;
use crate::source::{masked, visible_lines};

/// Begins to listen for a whole command: what is warned of while no run goes on is handed to `print`; with `debug`, all that
/// polyspec does is written to standard error, a line each, with its time.
pub fn listen(print: fn(&str), debug: bool) {
    warnings::otherwise(print);
    hear(debug);
}

/// Whoever listens second finds the listeners of the first, which serve it too.
pub(super) fn hear(debug: bool) {
    let listeners = registry().with(warnings::layer(warnings::send)).with(debug.then(|| work(|| Shown(io::stderr()))));
    let _ = tracing::subscriber::set_global_default(listeners);
}

/// Writes a line for all that polyspec does and does not warn of. What libraries do is their own concern.
fn work<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let is_work = |about: &Metadata<'_>| *about.level() > Level::WARN && warnings::is_own(about);
    let lines = fmt::layer().with_ansi(false).log_internal_errors(false).with_writer(writer);
    lines.with_filter(filter_fn(is_work).with_max_level_hint(LevelFilter::DEBUG))
}

/// Where lines go, without passwords and control characters. Nothing is said of passwords in the first place, but a server
/// may repeat a URL in the text of an error.
struct Shown<W>(W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = visible_lines(&masked(&String::from_utf8_lossy(bytes)));
        // Whoever reads it may have gone.
        let _ = writeln!(self.0, "{lines}");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(done: impl FnOnce()) -> String {
        let memory = Memory::default();
        let into = memory.clone();
        tracing::subscriber::with_default(registry().with(work(move || Shown(into.clone()))), done);
        String::from_utf8(memory.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn work_is_a_line_with_its_time_and_what_it_names() {
        let line = written(|| tracing::debug!(node = "pg.a", "connected"));
        let (time, rest) = line.split_once('Z').expect("a time");
        assert!(time.starts_with("20") && time.contains('T'), "{line}");
        assert_eq!(rest.trim(), "DEBUG polyspec::run::log::tests: connected node=\"pg.a\"");
    }

    #[test]
    fn warnings_and_what_libraries_do_are_left_to_others() {
        let lines = written(|| {
            tracing::warn!("left over");
            tracing::trace!("too fine");
            tracing::debug!(target: "mongodb::connection", "opened");
        });
        assert_eq!(lines, "");
    }

    #[test]
    fn no_password_of_a_url_is_written_and_no_control_character() {
        let lines = written(|| {
            tracing::debug!("mongodb://u:secret@h/ refused");
            tracing::debug!(error = %"host=h password=secret", "\x1b[31mred");
        });
        assert!(lines.contains("mongodb://u:******@h/ refused"), "{lines}");
        assert!(!lines.contains("secret") && !lines.contains('\x1b'), "{lines}");
        assert_eq!(lines.lines().count(), 2, "{lines}");
    }

    #[test]
    fn warnings_are_heard_beside_the_lines() {
        let (memory, warned) = (Memory::default(), Arc::new(Mutex::new(vec![])));
        let (into, heard) = (memory.clone(), warned.clone());
        let warnings = warnings::layer(move |line| heard.lock().unwrap().push(line));
        let both = registry().with(warnings).with(work(move || Shown(into.clone())));
        tracing::subscriber::with_default(both, || {
            tracing::debug!("done");
            tracing::warn!("left over");
        });
        assert_eq!(*warned.lock().unwrap(), ["left over"]);
        assert!(String::from_utf8_lossy(&memory.0.lock().unwrap()).contains("done"));
    }
}
