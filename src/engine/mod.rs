//! Schedules scenarios on workers, runs their steps, retries `eventually`, and always tears down. It sends events and never
//! prints; it asks the world around it for files and faults through [`Host`].

mod asking;
mod blocked;
mod build;
mod case;
mod dispatcher;
mod establish;
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
mod load;
mod needs;
mod order;
mod orders;
mod place;
mod program;
mod schedule;
mod sessions;
mod slt;
mod step;
mod stream;
mod survey;
mod used;
mod ward;
mod workload;
mod workload_client;
mod workload_record;

pub use dispatcher::{Dispatcher, Reporting};
pub use establish::{Establish, establish};
pub use footprint::Footprint;
pub use generate::chunks;
pub use host::{Call, CallError, Host, KeptFile, NodeFault};
pub use interrupt::Interrupt;
pub use job::{Job, Options, SystemUnderTest, Until};
pub use lanes::{Claim, Lanes};
pub use schedule::run;
pub use survey::{Survey, survey};
