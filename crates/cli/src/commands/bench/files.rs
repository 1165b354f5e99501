//! Files that one process may have open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use anyhow::{Context as _, bail};

/// Raises our limit as far as needed, or as far as an ordinary user may; what we start inherits it.
///
/// # Errors
/// When that is not enough.
pub(super) fn allow(files: u64) -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= files) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < files) {
        let maximum = maximum.unwrap_or_default();
        bail!("{files} open files are needed, and at most {maximum} are allowed here");
    }
    let raised = Rlimit {
        current: maximum.or(Some(files)),
        maximum,
    };
    setrlimit(Resource::Nofile, raised).context("cannot raise the limit on open files")
}
