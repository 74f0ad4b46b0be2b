//! Programs that steps start: filled in, handed to the host, and what became of them.

use std::time::Duration;

use tokio::time::Instant;

use super::host::{Call, CallError};
use super::outcome::{Halt, Trouble};
use super::stage::Stage;
use crate::backend::BackendError;
use crate::model::{Datum, Program, Step, Value};
use crate::observation::{Observation, Outcome, Output};
use crate::source::Diagnostic;
use crate::variables;
use crate::verdict::Evidence;

/// Why a scenario with such a step is skipped.
pub(super) const NOT_ALLOWED: &str = "`run` starts programs; allow it with --allow-run";

impl Stage<'_> {
    /// Runs the program of a step to its end.
    pub(super) async fn run_program(
        &mut self,
        step: &Step,
        program: &Program,
        since: Option<Instant>,
    ) -> Result<Vec<Observation>, Trouble> {
        if !self.context.options.allow_run {
            return Err(Diagnostic::error(&step.action_span, NOT_ALLOWED).into());
        }
        let call = self.call(step, program)?;
        let (begun, limit) = (Instant::now(), call.limit);
        let end = self.context.host.call(call).await.map_err(|error| trouble(step, limit, error))?;
        let observation = Observation::new("run", Outcome::Output(Output::Program(end)), begun.elapsed());
        Ok(vec![Observation { lag: since.map(|since| since.elapsed()), ..observation }])
    }

    fn call(&self, step: &Step, program: &Program) -> Result<Call, Diagnostic> {
        let copy = self.transport.copy();
        let text = |template| variables::text(template, &self.variables);
        let named = |(name, value): &(crate::source::Spanned<String>, Value)| {
            Ok::<_, Diagnostic>((name.value.clone(), self.argument(value)?))
        };
        Ok(Call {
            program: program.program.span.of(text(&program.program)?),
            arguments: program.arguments.iter().map(|value| self.argument(value)).collect::<Result<_, _>>()?,
            input: program.input.as_ref().map(text).transpose()?.unwrap_or_default(),
            environment: program.environment.iter().map(named).collect::<Result<_, _>>()?,
            limit: self.limit(step),
            database: copy.database.clone(),
            peers: copy.peers.keys().cloned().collect(),
            role: copy.role().cloned(),
            mongo: copy.mongo,
            user: copy.user.clone(),
        })
    }

    fn argument(&self, value: &Value) -> Result<String, Diagnostic> {
        let text = match variables::datum(value, &self.variables)? {
            Datum::Null => return Err(Diagnostic::error(&value.span, "NULL cannot be given to a program")),
            datum => datum.to_text(),
        };
        match text.contains('\0') {
            true => Err(Diagnostic::error(&value.span, "a text with a zero byte cannot be given to a program")),
            false => Ok(text),
        }
    }
}

/// A program that takes too long is the system's failure, as a statement is; everything else is wrong with the scenario.
fn trouble(step: &Step, limit: Duration, error: CallError) -> Trouble {
    match error {
        CallError::Authors(error) => error.into(),
        CallError::Machinery(cause) => BackendError::Other(cause).into(),
        CallError::Late { stderr } => {
            let late = format!("the program did not end within {limit:?}: it was killed, with all that it had started");
            let notes = match stderr.trim_end() {
                "" => vec![],
                said => vec![format!("standard error: {said}")],
            };
            Trouble::Halts(Halt::Fails(vec![Evidence { notes, ..Evidence::at(&step.action_span, &late) }]))
        }
    }
}
