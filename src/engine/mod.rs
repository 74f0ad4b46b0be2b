//! Schedules scenarios on workers, runs their steps, retries `eventually`, and always tears down. It sends events and never
//! prints; it asks the world around it for files and faults through [`Host`].

mod asking;
mod build;
mod case;
mod context;
mod dispatcher;
mod evidence;
mod failpoints;
mod faults;
mod footprint;
mod generate;
mod goldens;
mod health;
mod host;
mod interrupt;
mod job;
mod keep;
mod lanes;
mod live;
mod live_site;
mod load;
mod needs;
mod order;
mod orders;
mod outcome;
mod place;
mod program;
mod provision;
mod reach;
mod remains;
mod schedule;
mod series;
mod sessions;
mod site;
mod slt;
mod stage;
mod step;
mod stream;
mod survey;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transport;
mod used;
mod variant;
mod ward;
mod watch;
mod worker;
mod workload;
mod workload_client;
mod workload_record;
mod workload_shared;

pub use context::Context;
pub use dispatcher::{Dispatcher, Reporting};
pub use footprint::Footprint;
pub use generate::chunks;
pub use host::{Call, CallError, Host, KeptFile};
pub use interrupt::Interrupt;
pub use job::{Job, Options, SystemUnderTest, Until};
pub use lanes::{Claim, Lanes};
pub use provision::{Provision, provision};
pub use schedule::run;
pub use series::Series;
pub use survey::{Survey, survey};
