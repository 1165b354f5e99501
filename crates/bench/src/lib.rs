//! What the benchmark of the product and its control share: what a worker process is told to do,
//! how it loads a system, how it measures, and how figures of several runs become one.
//!
//! Both sides are loaded and measured by this same code. It knows no service, no router and no
//! NATS client: who is called is a [`Target`].

mod callers;
mod latency;
mod load;
mod median;
mod order;
mod report;
mod usage;
mod worker;

pub use callers::make_calls;
pub use latency::{Latency, Recorder};
pub use load::{Run, Span, Tally, Target, closed, open};
pub use median::{median, ratio};
pub use order::{
    BeatForm, CallOrder, CountOrder, CrowdOrder, FloodOrder, Load, Order, RouterOrder, ServeOrder,
    Watched,
};
pub use report::{CallReport, CrowdReport, FloodReport, LATE, Ready, RouterReport, Share, Used};
pub use usage::{Usage, used_per};
pub use worker::{Line, ReadError, end_with_stdin, read_order, say, until_stdin_closes};
