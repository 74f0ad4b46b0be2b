//! As whom servers run.

use std::path::Path;

use nix::unistd::{Uid, User};

use super::ClusterError;

/// An unprivileged account that owns nothing but its servers' data folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

impl Account {
    /// The account for servers: `None` when polyspec is not root, because then they run as polyspec does.
    ///
    /// `postgres` and `initdb` refuse root, and they refuse a user id that has no entry in the user database ("could not
    /// look up effective user ID"), so any high number does not do: it is `nobody`.
    pub(crate) fn for_servers() -> Result<Option<Self>, ClusterError> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        match User::from_name("nobody") {
            Ok(Some(user)) if !user.uid.is_root() => Ok(Some(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() })),
            _ => Err(ClusterError::NoServerAccount),
        }
    }
}

/// Gives a file or folder to the account, if there is one.
pub(crate) fn give(path: &Path, account: Option<&Account>) -> std::io::Result<()> {
    match account {
        Some(account) => std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid)),
        None => Ok(()),
    }
}
