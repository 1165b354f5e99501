//! The router's own directory. Nothing durable is kept in it yet but its id; its lock already says who
//! owns it, so that no two routers ever write to one place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};

use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// File whose lock stands for the directory; it holds the owner's process id, for people.
const LOCK_FILE: &str = "lock";

/// File with the directory's id.
const ID_FILE: &str = "store-id";

/// A locked directory. The lock ends with this value, and with the process in any case.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the directory where it is missing (for its owner only) and locks it.
    ///
    /// # Errors
    /// When it cannot be created or written, or another process holds it.
    pub(crate) fn lock(path: &Path) -> Outcome<Self> {
        let create = || {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path.join(LOCK_FILE))
        };
        let mut file = create()
            .with_context(|| format!("cannot use the data directory {}", path.display()))
            .map_err(|cause| {
                Failure::new(ExitCode::Failure, cause).hint("choose another with --data-dir")
            })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(held(path, &mut file));
            }
            Err(error) => {
                let cause =
                    anyhow::Error::new(error).context(format!("cannot lock {}", path.display()));
                return Err(Failure::new(ExitCode::Failure, cause));
            }
        }
        // The number is for people; the lock holds without it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self {
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            _lock: file,
        })
    }

    /// The id of this directory, made with its first use: a router that takes over from one with another
    /// id knows that it does not hold what that one kept.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(crate) fn store_id(&self) -> Outcome<String> {
        let file = self.path.join(ID_FILE);
        let known = fs::read_to_string(&file).unwrap_or_default();
        if !known.trim().is_empty() {
            return Ok(known.trim().to_owned());
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        fs::write(&file, &id)
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(|cause| Failure::new(ExitCode::Failure, cause))?;
        Ok(id)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn held(path: &Path, file: &mut File) -> Failure {
    let mut holder = String::new();
    let _ = file.take(32).read_to_string(&mut holder);
    let holder = match holder.trim().parse::<u32>() {
        Ok(pid) => format!("process {pid}"),
        Err(_) => "another process".to_owned(),
    };
    let cause = anyhow::anyhow!(
        "the data directory {} is in use by {holder}",
        path.display()
    );
    Failure::new(ExitCode::Occupied, cause)
        .hint("each router needs a directory of its own: stop the other one, or choose another with --data-dir")
}
