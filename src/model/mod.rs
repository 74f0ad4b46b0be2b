//! Meaning with its place: scenarios, steps, expectations, values, systems and the suite's settings, as plain data.
//! No behaviour beyond what a noun needs to be built and printed; `language` makes it from text, `engine` runs it,
//! `judge` compares with it.

mod binding;
mod datum;
mod expectation;
mod generate;
mod node;
mod number;
mod pg_setting;
mod pg_type;
mod program;
mod relaxed;
mod scenario;
mod settings;
mod step;
mod system;
mod value;
mod workload;

pub use binding::Binding;
pub use datum::{Datum, Variables};
pub use expectation::{
    Alternative, AwaitedError, ColumnExpectation, DocumentsExpectation, Expectation, NoticeExpectation,
    NotificationExpectation, PlanExpectation, Recorded, RowExpectation, RowsExpectation,
};
pub use generate::{
    Generate, GeneratedColumn, GeneratedTable, Kind, Locale, LocaleRule, Parent, Pick, Resolved, Sequence, TextPart,
    Unresolved,
};
pub use node::{Engine, NodeFault, NodeName, NodeSelector};
pub use number::decimal;
pub use pg_setting::{PgSettingRule, pg_setting_rule, pg_setting_value_fault, pg_settings};
pub use pg_type::PG_TYPES;
pub use program::Program;
pub use relaxed::{date_json, relaxed_json};
pub use scenario::{Body, Case, Format, Need, Scenario, SltRecord, SltScript};
pub use settings::{
    Endpoint, Explanation, MongoTopology, PgTopology, Profile, Redaction, Requirement, RequirementPart,
    RequirementsRegister, Settings, Topology,
};
pub use step::{Action, ExplainTarget, Fault, Load, SqlSource, Step, TransactionVerb};
pub use system::{Replication, ReplicationLink, ReplicationOrigin, System};
pub use value::{Template, TemplatePart, Value, ValueKind};
pub use workload::{Draw, FaultTime, Operation, TimedFault, Workload, WorkloadLimit};
