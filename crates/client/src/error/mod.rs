//! One exhaustive error per operation. All their texts are in `tests/error_texts.txt`.

mod call;
mod call_text;
mod connect;
mod failed_call;
mod list;
mod serve;
mod watch;

pub use call::CallError;
pub use connect::ConnectError;
pub(crate) use failed_call::logged;
pub use failed_call::{Attempt, FailedCall};
pub use list::ListError;
pub use serve::ServeError;
pub use watch::WatchError;
