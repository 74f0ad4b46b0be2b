//! `--timings`: where the time of a run went, which scenarios were the slowest, and how long replication lagged.

use super::Look;
use super::look::{Ink, count, duration};
use super::visible::visible;
use crate::event::Event;

/// How many of the slowest scenarios are named.
const SLOWEST: usize = 5;

/// The times of a run, taken from its events. All in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Timings {
    jobs: usize,
    servers: f64,
    systems: f64,
    scenarios: f64,
    copies: f64,
    statements: f64,
    /// Each run with its name.
    runs: Vec<(f64, String)>,
    lags: Vec<f64>,
}

impl Timings {
    /// Takes an event in; those without a time leave everything as it is.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::RunStarted { jobs, .. } => self.jobs = *jobs,
            Event::ServersReady { elapsed_ms, .. } => self.servers += *elapsed_ms as f64,
            Event::SystemReady { elapsed_ms, .. } => self.systems += *elapsed_ms as f64,
            Event::LagMeasured { lag_ms, .. } => self.lags.push(*lag_ms),
            Event::ScenarioFinished { name, elapsed_ms, server_ms, copy_ms, .. } => {
                self.scenarios += elapsed_ms;
                self.statements += server_ms;
                self.copies += copy_ms;
                self.runs.push((*elapsed_ms, name.clone()));
            }
            _ => {}
        }
    }

    /// The lines at the end of a run; nothing when nothing has run.
    pub fn shown(&self, look: &Look) -> String {
        if self.runs.is_empty() {
            return String::new();
        }
        let head = look.paint(Ink::Dim, "where the time went:");
        let rest = (self.scenarios - self.copies - self.statements).max(0.0);
        let workers = format!("in scenarios, summed over {}", count(self.jobs, "worker"));
        let mut lines = vec![
            (self.servers, "until the servers were ready"),
            (self.systems, "building the systems"),
            (self.scenarios, workers.as_str()),
            (self.statements, "  with a statement at a server, each client by itself"),
            (self.copies, "  making and dropping copies of the system"),
        ];
        // Clients of a workload have statements side by side: then nothing can be said of the rest.
        if rest > 0.0 {
            lines.push((rest, "  faults, waiting for replication, and polyspec itself"));
        }
        let lines = lines.iter().map(|(ms, what)| format!("  {:>9}  {what}\n", duration(*ms)));
        format!("{head}\n{}{}{}", lines.collect::<String>(), self.slowest(look), self.lag(look))
    }

    /// The slowest scenarios, the slowest first; nothing for fewer than two.
    fn slowest(&self, look: &Look) -> String {
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        if runs.len() < 2 {
            return String::new();
        }
        let lines = runs.iter().take(SLOWEST).map(|(ms, name)| format!("  {:>9}  {}\n", duration(*ms), visible(name)));
        format!("{}\n{}", look.paint(Ink::Dim, "slowest:"), lines.collect::<String>())
    }

    /// The lags that steps with `eventually` and `catch_up` measured, as quantiles by the nearest rank.
    fn lag(&self, look: &Look) -> String {
        let mut lags = self.lags.clone();
        lags.sort_by(f64::total_cmp);
        let rank = |share: f64| ((share * lags.len() as f64).ceil() as usize).clamp(1, lags.len()) - 1;
        if lags.is_empty() {
            return String::new();
        }
        let [half, most, all] = [0.5, 0.9, 1.0].map(|share| duration(lags[rank(share)]));
        let head = look.paint(Ink::Dim, "lag:");
        format!("{head} {half} in the median, 90 % within {most}, {all} at most, of {} measured\n", lags.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(lags: &[f64], runs: usize) -> Timings {
        let runs: Vec<_> = (1..=runs).map(|number| (number as f64 * 1000.0, format!("{number}.yaml"))).collect();
        Timings { lags: lags.to_vec(), runs, jobs: 2, ..Timings::default() }
    }

    #[test]
    fn the_slowest_come_first_and_there_are_five() {
        let shown = timings(&[], 9).slowest(&Look::plain(80));
        assert_eq!(shown.lines().nth(1), Some("      9.0 s  9.yaml"));
        assert_eq!(shown.lines().count(), 6);
    }

    #[test]
    fn lags_are_shown_as_quantiles() {
        let lags: Vec<f64> = (1..=10).rev().map(|lag| f64::from(lag) * 10.0).collect();
        let shown = timings(&lags, 1).lag(&Look::plain(80));
        assert_eq!(shown, "lag: 50 ms in the median, 90 % within 90 ms, 100 ms at most, of 10 measured\n");
        assert_eq!(timings(&[7.0], 1).lag(&Look::plain(80)).matches("7 ms").count(), 3);
    }

    #[test]
    fn what_is_neither_a_statement_nor_a_copy_is_the_rest() {
        let times = Timings { scenarios: 5000.0, statements: 3000.0, copies: 1500.0, ..timings(&[], 1) };
        let shown = times.shown(&Look::plain(80));
        assert!(shown.contains("     500 ms    faults, waiting"), "{shown}");
        assert!(timings(&[], 0).shown(&Look::plain(80)).is_empty());
    }
}
