//! Lists as values of `$1` and so on. A place asks for a type, and the server reads the value's text as one. The place of a
//! polymorphic function (`cardinality($1)`, `unnest($1)`) asks for none: there a list has the type that PostgreSQL would give
//! its items (manual, 4.1.2.6 and 10.2).

use tokio::time::Instant as Deadline;

use super::parameter::Parameter;
use super::types::is_json;
use super::wire::{Collected, Status};
use super::{PgSession, Request};
use crate::backend::BackendError;
use crate::observation::ServerError;

/// SQLSTATEs of a statement that does not tell the type of a parameter: indeterminate_datatype, datatype_mismatch (a polymorphic
/// type cannot be determined), ambiguous_function.
const UNDETERMINED: [&str; 3] = ["42P18", "42804", "42725"];

impl PgSession {
    /// What a statement takes and returns, and the types that its parameters must be given for that; 0 where the place asks
    /// for one. Nothing of what is tried here makes a transaction fail, but for a statement that is refused in any case.
    pub(super) async fn described_with_lists(
        &mut self,
        request: &Request<'_>,
        deadline: Deadline,
    ) -> Result<Result<(Collected, Vec<u32>), ServerError>, BackendError> {
        let own: Vec<(usize, u32)> =
            request.parameters.iter().enumerate().filter_map(|(at, one)| Some((at, one.own_type()?))).collect();
        if own.is_empty() {
            return Ok(self.described(request, &[], deadline).await?.map(|described| (described, vec![])));
        }
        let inside = self.status() == Status::Open;
        if inside {
            self.run_aside("SAVEPOINT polyspec").await;
        }
        let found = self.described_by_trial(request, &own, inside, deadline).await?;
        if inside && found.is_ok() {
            self.run_aside("RELEASE SAVEPOINT polyspec").await;
        }
        Ok(found)
    }

    /// First without types, then with those of one list more each time.
    async fn described_by_trial(
        &mut self,
        request: &Request<'_>,
        own: &[(usize, u32)],
        inside: bool,
        deadline: Deadline,
    ) -> Result<Result<(Collected, Vec<u32>), ServerError>, BackendError> {
        let mut types = vec![0; request.parameters.len()];
        let refused = match self.described(request, &types, deadline).await? {
            Ok(described) => return Ok(Ok((described, types))),
            Err(refused) => refused,
        };
        if !is_undetermined(&refused) {
            return Ok(Err(refused));
        }
        for (at, oid) in own {
            self.undo(inside).await;
            types[*at] = *oid;
            match self.described(request, &types, deadline).await? {
                Ok(described) => return Ok(Ok((described, types))),
                Err(refused) if is_undetermined(&refused) => {}
                Err(_) => types[*at] = 0,
            }
        }
        Ok(Err(refused))
    }

    async fn undo(&mut self, inside: bool) {
        if inside {
            self.run_aside("ROLLBACK TO SAVEPOINT polyspec").await;
        }
    }

    /// The values of parameters, each as its place asks for it; `types` are those of the places.
    pub(super) async fn values(&mut self, parameters: &[Parameter], types: &[u32]) -> Vec<Option<String>> {
        self.learn(types.iter().copied()).await;
        let wants_json = |at: usize| types.get(at).is_some_and(|oid| is_json(&self.types.get(*oid)));
        let value = |(at, parameter): (usize, &Parameter)| match wants_json(at) {
            true => parameter.json.clone().or_else(|| parameter.text.clone()),
            false => parameter.text.clone(),
        };
        parameters.iter().enumerate().map(value).collect()
    }
}

fn is_undetermined(refused: &ServerError) -> bool {
    refused.sqlstate.as_deref().is_some_and(|state| UNDETERMINED.contains(&state))
}
