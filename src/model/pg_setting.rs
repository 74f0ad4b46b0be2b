//! Which server settings of PostgreSQL a suite may choose for the servers that polyspec starts. A suite may come from
//! someone else: it may tune a server, and neither start programs, load libraries nor reach files by it.

/// What a suite may do with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PgSettingRule {
    /// It may set it.
    Allowed,
    /// It may not; why, as the end of a sentence about the setting.
    Refused(&'static str),
    /// PostgreSQL has no such setting.
    Unknown,
}

/// The rule for a setting; names do not depend on case (manual, 19.1.1).
pub fn pg_setting_rule(name: &str) -> PgSettingRule {
    let name = name.to_ascii_lowercase();
    let listed = |names: &[&str]| names.contains(&name.as_str());
    if let Some((prefix, _)) = name.split_once('.') {
        return match MODULES.contains(&prefix) {
            true => PgSettingRule::Refused("runs code or writes files outside of what scenarios own"),
            false => of_module(&name),
        };
    }
    match () {
        () if listed(COMMANDS) => PgSettingRule::Refused("runs a command of the operating system"),
        () if listed(LIBRARIES) => PgSettingRule::Refused("loads a library into the server"),
        () if listed(FILES) => PgSettingRule::Refused("decides about files outside of what scenarios own"),
        () if listed(REACH) => PgSettingRule::Refused("decides how the server is reached, which polyspec does itself"),
        () if listed(ALLOWED) => PgSettingRule::Allowed,
        () => PgSettingRule::Unknown,
    }
}

/// Why `value` cannot be a line of `postgresql.conf`, as the end of a sentence about it.
pub fn pg_setting_value_fault(value: &str) -> Option<&'static str> {
    value.chars().any(char::is_control).then_some("holds a line break or another control character")
}

/// Every setting that a suite may choose, for suggestions.
pub fn pg_settings() -> &'static [&'static str] {
    ALLOWED
}

/// `module.name`, as extensions and applications call their own (manual, 19.16).
fn of_module(name: &str) -> PgSettingRule {
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if name.split('.').all(is_word) { PgSettingRule::Allowed } else { PgSettingRule::Unknown }
}

/// Modules whose settings are code (`plperl.on_init`) or paths.
const MODULES: &[&str] = &["basic_archive", "pljava", "plperl", "plperlu", "plpython", "pltcl", "pltclu", "plv8"];

/// Run a command of the operating system.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "archive_cleanup_command", "archive_command", "recovery_end_command", "restore_command",
    "ssl_passphrase_command", "ssl_passphrase_command_supports_reload",
];

/// Load a library into the server, or say where libraries lie.
#[rustfmt::skip]
const LIBRARIES: &[&str] = &[
    "archive_library", "dynamic_library_path", "extension_control_path", "jit_provider", "local_preload_libraries",
    "oauth_validator_libraries", "session_preload_libraries", "shared_preload_libraries",
];

/// Read or write files outside of what scenarios own, or take the log from where polyspec reads it.
#[rustfmt::skip]
const FILES: &[&str] = &[
    "allow_in_place_tablespaces", "config_file", "data_directory", "event_source", "external_pid_file", "hba_file",
    "ident_file", "include", "include_dir", "include_if_exists", "jit_debugging_support", "jit_dump_bitcode",
    "jit_profiling_support", "log_destination", "log_directory", "log_file_mode", "log_filename",
    "log_rotation_age", "log_rotation_size", "log_truncate_on_rotation", "logging_collector", "syslog_facility",
    "syslog_ident", "syslog_sequence_numbers", "syslog_split_messages",
];

/// How the server is reached, and who is let in: polyspec decides these itself.
#[rustfmt::skip]
const REACH: &[&str] = &[
    "allow_alter_system", "allow_system_table_mods", "bonjour", "bonjour_name", "cluster_name", "db_user_namespace",
    "dynamic_shared_memory_type", "gss_accept_delegation", "krb_caseins_users", "krb_server_keyfile",
    "listen_addresses", "password_encryption", "port", "primary_conninfo", "primary_slot_name",
    "shared_memory_type", "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_ciphers", "ssl_crl_dir", "ssl_crl_file",
    "ssl_dh_params_file", "ssl_ecdh_curve", "ssl_groups", "ssl_key_file", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "ssl_prefer_server_ciphers", "ssl_tls13_ciphers", "sync_replication_slots",
    "unix_socket_directories", "unix_socket_group", "unix_socket_permissions",
];

/// What a suite may set: every setting of versions 16 to 18 but those above (manual, chapter 19).
#[rustfmt::skip]
const ALLOWED: &[&str] = &[
    "application_name", "archive_mode", "archive_timeout", "array_nulls", "authentication_timeout", "autovacuum",
    "autovacuum_analyze_scale_factor", "autovacuum_analyze_threshold", "autovacuum_freeze_max_age",
    "autovacuum_max_workers", "autovacuum_multixact_freeze_max_age", "autovacuum_naptime",
    "autovacuum_vacuum_cost_delay", "autovacuum_vacuum_cost_limit", "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_vacuum_insert_threshold", "autovacuum_vacuum_max_threshold", "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_threshold", "autovacuum_work_mem", "autovacuum_worker_slots", "backend_flush_after",
    "backslash_quote", "backtrace_functions", "bgwriter_delay", "bgwriter_flush_after", "bgwriter_lru_maxpages",
    "bgwriter_lru_multiplier", "bytea_output", "check_function_bodies", "checkpoint_completion_target",
    "checkpoint_flush_after", "checkpoint_timeout", "checkpoint_warning", "client_connection_check_interval",
    "client_encoding", "client_min_messages", "commit_delay", "commit_siblings", "commit_timestamp_buffers",
    "compute_query_id", "constraint_exclusion", "cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost",
    "createrole_self_grant", "cursor_tuple_fraction", "data_sync_retry", "datestyle", "deadlock_timeout",
    "debug_discard_caches", "debug_io_direct", "debug_logical_replication_streaming", "debug_parallel_query",
    "debug_pretty_print", "debug_print_parse", "debug_print_plan", "debug_print_rewritten",
    "default_statistics_target", "default_table_access_method", "default_tablespace", "default_text_search_config",
    "default_toast_compression", "default_transaction_deferrable", "default_transaction_isolation",
    "default_transaction_read_only", "effective_cache_size", "effective_io_concurrency", "enable_async_append",
    "enable_bitmapscan", "enable_distinct_reordering", "enable_gathermerge", "enable_group_by_reordering",
    "enable_hashagg", "enable_hashjoin", "enable_incremental_sort", "enable_indexonlyscan", "enable_indexscan",
    "enable_material", "enable_memoize", "enable_mergejoin", "enable_nestloop", "enable_parallel_append",
    "enable_parallel_hash", "enable_partition_pruning", "enable_partitionwise_aggregate",
    "enable_partitionwise_join", "enable_presorted_aggregate", "enable_self_join_elimination", "enable_seqscan",
    "enable_sort", "enable_tidscan", "escape_string_warning", "event_triggers", "extra_float_digits",
    "file_copy_method", "file_extend_method", "from_collapse_limit", "fsync", "full_page_writes", "geqo",
    "geqo_effort", "geqo_generations", "geqo_pool_size", "geqo_seed", "geqo_selection_bias", "geqo_threshold",
    "gin_fuzzy_search_limit", "gin_pending_list_limit", "hash_mem_multiplier", "hot_standby",
    "hot_standby_feedback", "huge_page_size", "huge_pages", "icu_validation_level",
    "idle_in_transaction_session_timeout", "idle_replication_slot_timeout", "idle_session_timeout",
    "ignore_checksum_failure", "intervalstyle", "io_combine_limit", "io_max_combine_limit", "io_max_concurrency",
    "io_method", "io_workers", "jit", "jit_above_cost", "jit_expressions", "jit_inline_above_cost",
    "jit_optimize_above_cost", "jit_tuple_deforming", "join_collapse_limit", "lc_messages", "lc_monetary",
    "lc_numeric", "lc_time", "lo_compat_privileges", "lock_timeout", "log_autovacuum_min_duration",
    "log_checkpoints", "log_connections", "log_disconnections", "log_duration", "log_error_verbosity",
    "log_executor_stats", "log_hostname", "log_line_prefix", "log_lock_failures", "log_lock_waits",
    "log_min_duration_sample", "log_min_duration_statement", "log_min_error_statement", "log_min_messages",
    "log_parameter_max_length", "log_parameter_max_length_on_error", "log_parser_stats", "log_planner_stats",
    "log_recovery_conflict_waits", "log_replication_commands", "log_startup_progress_interval", "log_statement",
    "log_statement_sample_rate", "log_statement_stats", "log_temp_files", "log_timezone",
    "log_transaction_sample_rate", "logical_decoding_work_mem", "maintenance_io_concurrency",
    "maintenance_work_mem", "max_active_replication_origins", "max_connections", "max_files_per_process",
    "max_locks_per_transaction", "max_logical_replication_workers", "max_notify_queue_pages",
    "max_parallel_apply_workers_per_subscription", "max_parallel_maintenance_workers", "max_parallel_workers",
    "max_parallel_workers_per_gather", "max_pred_locks_per_page", "max_pred_locks_per_relation",
    "max_pred_locks_per_transaction", "max_prepared_transactions", "max_replication_slots",
    "max_slot_wal_keep_size", "max_stack_depth", "max_standby_archive_delay", "max_standby_streaming_delay",
    "max_sync_workers_per_subscription", "max_wal_senders", "max_wal_size", "max_worker_processes",
    "md5_password_warnings", "min_dynamic_shared_memory", "min_parallel_index_scan_size",
    "min_parallel_table_scan_size", "min_wal_size", "multixact_member_buffers", "multixact_offset_buffers",
    "notify_buffers", "old_snapshot_threshold", "optimize_bounded_sort", "parallel_leader_participation",
    "parallel_setup_cost", "parallel_tuple_cost", "plan_cache_mode", "post_auth_delay", "pre_auth_delay",
    "quote_all_identifiers", "random_page_cost", "recovery_init_sync_method", "recovery_min_apply_delay",
    "recovery_prefetch", "recovery_target", "recovery_target_action", "recovery_target_inclusive",
    "recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_timeline",
    "recovery_target_xid", "recursive_worktable_factor", "remove_temp_files_after_crash", "reserved_connections",
    "restart_after_crash", "row_security", "scram_iterations", "search_path", "seq_page_cost",
    "serializable_buffers", "session_replication_role", "shared_buffers", "standard_conforming_strings",
    "statement_timeout", "stats_fetch_consistency", "subtransaction_buffers", "summarize_wal",
    "superuser_reserved_connections", "synchronize_seqscans", "synchronized_standby_slots", "synchronous_commit",
    "synchronous_standby_names", "tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval",
    "tcp_user_timeout", "temp_buffers", "temp_file_limit", "temp_tablespaces", "timezone", "timezone_abbreviations",
    "trace_connection_negotiation", "trace_locks", "trace_lwlocks", "trace_notify", "trace_recovery_messages",
    "trace_sort", "track_activities", "track_activity_query_size", "track_commit_timestamp",
    "track_cost_delay_timing", "track_counts", "track_functions", "track_io_timing", "track_wal_io_timing",
    "transaction_buffers", "transaction_timeout", "transform_null_equals", "update_process_title",
    "vacuum_buffer_usage_limit", "vacuum_cost_delay", "vacuum_cost_limit", "vacuum_cost_page_dirty",
    "vacuum_cost_page_hit", "vacuum_cost_page_miss", "vacuum_defer_cleanup_age", "vacuum_failsafe_age",
    "vacuum_freeze_min_age", "vacuum_freeze_table_age", "vacuum_max_eager_freeze_failure_rate",
    "vacuum_multixact_failsafe_age", "vacuum_multixact_freeze_min_age", "vacuum_multixact_freeze_table_age",
    "vacuum_truncate", "wal_buffers", "wal_compression", "wal_consistency_checking", "wal_debug",
    "wal_decode_buffer_size", "wal_init_zero", "wal_keep_size", "wal_level", "wal_log_hints",
    "wal_receiver_create_temp_slot", "wal_receiver_status_interval", "wal_receiver_timeout", "wal_recycle",
    "wal_retrieve_retry_interval", "wal_sender_timeout", "wal_skip_threshold", "wal_summary_keep_time",
    "wal_sync_method", "wal_writer_delay", "wal_writer_flush_after", "work_mem", "xmlbinary", "xmloption",
    "zero_damaged_pages",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_one_rule() {
        let all: Vec<&str> = [COMMANDS, LIBRARIES, FILES, REACH, ALLOWED].concat();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|name| **name == name.to_ascii_lowercase()));
    }

    #[test]
    fn what_runs_commands_or_loads_code_is_refused_in_any_case() {
        for name in
            ["archive_command", "Restore_Command", "SHARED_PRELOAD_LIBRARIES", "plperl.on_init", "hba_file", "port"]
        {
            assert!(matches!(pg_setting_rule(name), PgSettingRule::Refused(_)), "{name}");
        }
    }

    #[test]
    fn a_setting_of_an_application_is_allowed_and_a_slip_is_unknown() {
        assert_eq!(pg_setting_rule("app.tenant"), PgSettingRule::Allowed);
        assert_eq!(pg_setting_rule("work_mem"), PgSettingRule::Allowed);
        for name in ["work_men", "", "a b", "work_mem = 1\nport", "app.", ".x", "app.a-b"] {
            assert_eq!(pg_setting_rule(name), PgSettingRule::Unknown, "{name:?}");
        }
    }
}
