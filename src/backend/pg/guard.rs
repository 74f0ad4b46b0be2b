//! What the administrator's sessions on polyspec's own servers are given when they begin. A database that a scenario owned
//! may hold functions, operators and settings of its author's; none of them may run, or decide anything, with the
//! administrator's rights.
//!
//! The settings are part of the start-up packet: those go before what ALTER DATABASE and ALTER ROLE have set (manual, 19.1.4
//! and `pg_settings.source`). Nothing but `pg_catalog` is in the search path, so every name and operator is the server's own.

use tokio_postgres::Config;

/// What every version has.
const SETTINGS: &[(&str, &str)] = &[
    ("search_path", "pg_catalog,pg_temp"),
    // ALTER DATABASE … SET role makes every session begin as another role.
    ("role", "none"),
    ("session_preload_libraries", ""),
    ("local_preload_libraries", ""),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("default_transaction_read_only", "off"),
    ("default_transaction_deferrable", "off"),
    ("default_transaction_isolation", "read\\ committed"),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
    ("transform_null_equals", "off"),
    ("DateStyle", "ISO"),
    // Scenarios may look into pg_stat_activity; statements of ours hold passwords.
    ("track_activities", "off"),
    // Passwords are random: no one can guess them, and every connection has to hash them again.
    ("scram_iterations", "1"),
];

/// What version 17 brought.
const SINCE_17: &[(&str, &str)] = &[("transaction_timeout", "0"), ("event_triggers", "off")];

/// Adds the settings for a server of this major version; of one that is not known, those that every version has.
pub(super) fn guard(config: &mut Config, major: Option<u32>) {
    let newer = SINCE_17.iter().filter(|_| major.is_some_and(|major| major >= 17));
    let options: Vec<String> = SETTINGS.iter().chain(newer).map(|(name, value)| format!("-c {name}={value}")).collect();
    config.options(options.join(" "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(major: Option<u32>) -> String {
        let mut config = Config::new();
        guard(&mut config, major);
        config.get_options().unwrap_or_default().to_string()
    }

    #[test]
    fn a_session_sees_the_servers_own_names_alone() {
        assert!(options(None).starts_with("-c search_path=pg_catalog,pg_temp -c role=none "));
    }

    #[test]
    fn an_old_server_gets_no_setting_that_it_does_not_know() {
        assert!(options(Some(18)).contains("event_triggers=off"));
        assert!(!options(Some(16)).contains("event_triggers") && !options(None).contains("transaction_timeout"));
    }
}
