//! A role for each database that polyspec makes on its own servers: it owns that database and nothing else, so that a scenario
//! can change neither the role, nor the sessions, nor the databases of its neighbours.

use std::fmt;

use rand::Rng;
use rand::distr::Alphanumeric;
use tokio_postgres::Row;

use super::PgNode;
use crate::backend::BackendError;
use crate::variables::{quote_identifier, quote_literal};

/// What the name of a database's role ends with.
pub(super) const SUFFIX: &str = "_role";

/// What all these roles are members of, made when a server is prepared. Nobody can become it.
const GROUP: &str = "polyspec_roles";

/// What polyspec does when it looks for databases.
const LISTING: &str = "listing databases";

/// SQLSTATE dependent_objects_still_exist.
const DEPENDED_ON: &str = "2BP01";

/// The role of a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name. `"$user"` in a search path means it, so it is no word that a scenario would use.
    pub name: String,
    /// Its password: letters and digits that nobody can guess.
    pub password: String,
}

impl Role {
    /// The role of `database`, with a password of its own; not made on any server yet.
    pub fn of(database: &str) -> Self {
        let password = rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect();
        Self { name: name_of(database), password }
    }
}

impl fmt::Debug for Role {
    /// Without the password: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Role({})", self.name)
    }
}

/// The name of a database's role.
pub(super) fn name_of(database: &str) -> String {
    format!("{database}{SUFFIX}")
}

/// Makes a role. It may make databases, which are dropped with it.
pub(super) async fn create(node: &PgNode, role: &Role) -> Result<(), BackendError> {
    let name = quote_identifier(&role.name);
    let make = format!(
        "CREATE ROLE {name} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}; \
         GRANT {GROUP} TO {name} WITH INHERIT TRUE, SET FALSE",
        quote_literal(&role.password)
    );
    node.admin().await?.run("making a role", &make).await
}

/// Nobody but its owner, and the administrator, gets into a database.
pub(super) fn close(database: &str) -> String {
    format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", quote_identifier(database))
}

/// Hands what the role of `from` owns in `to` over to the role of `to`, which is a copy of `from`, and closes `to` to all
/// others. It runs nothing of the system's: only catalogs change (manual, REASSIGN OWNED).
pub(super) async fn hand_over(node: &PgNode, from: &str, to: &str) -> Result<(), BackendError> {
    let (old, new) = (quote_identifier(&name_of(from)), quote_identifier(&name_of(to)));
    let hand_over = format!("{}; REASSIGN OWNED BY {old} TO {new}", close(to));
    node.enter(to).await?.run("handing a copy over", &hand_over).await
}

/// Takes from the role of a built system the right to log in; it stays as the owner of what the template holds.
pub(super) async fn retire(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let retire = format!("ALTER ROLE {} NOLOGIN NOCREATEDB PASSWORD NULL", quote_identifier(&name_of(database)));
    node.admin().await?.run("freezing a built system", &retire).await
}

/// Drops a database's role, if there is one. One to which somebody has granted something in a database that is still there
/// stays for now: whoever sweeps finds it again.
pub(super) async fn drop(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let drop = format!("DROP ROLE IF EXISTS {}", quote_identifier(&name_of(database)));
    match node.admin().await?.run("dropping a role", &drop).await {
        Err(BackendError::Refused { error, .. }) if error.sqlstate.as_deref() == Some(DEPENDED_ON) => Ok(()),
        done => done,
    }
}

/// A database that a role owns.
pub(super) struct Owned {
    /// Its name.
    pub database: String,
    /// Whether it was marked as a template, which cannot be dropped.
    pub template: bool,
    /// Transactions that were prepared in it and never ended; it cannot be dropped before.
    pub prepared: Vec<String>,
}

/// The databases of a copy: the one that polyspec made, and those that its role made.
pub(super) async fn owned(node: &PgNode, database: &str) -> Result<Vec<Owned>, BackendError> {
    let select = "SELECT d.datname::text, d.datistemplate, \
                         array(SELECT p.gid FROM pg_prepared_xacts p WHERE p.database = d.datname ORDER BY 1) \
                  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1 OR r.rolname = $2";
    let rows = node.admin().await?.rows(LISTING, select, &[&database, &name_of(database)]).await?;
    let owned =
        |row: &Row| Ok(Owned { database: row.try_get(0)?, template: row.try_get(1)?, prepared: row.try_get(2)? });
    let all: Result<_, tokio_postgres::Error> = rows.iter().map(owned).collect();
    all.map_err(|error| super::error::of_own(&node.name.to_string(), LISTING, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_a_password_of_its_own_that_is_never_printed() {
        let (one, two) = (Role::of("polyspec_1_1"), Role::of("polyspec_1_1"));
        assert_eq!(one.name, two.name);
        assert_ne!(one.password, two.password);
        assert!(!format!("{one:?}").contains(&one.password));
    }
}
