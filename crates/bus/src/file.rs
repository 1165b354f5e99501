//! Files with secrets and certificates, read again whenever they are needed: what was replaced since
//! counts from the next dial on.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Longest file that is read, in bytes. A bundle of all public roots has a quarter of it.
pub const MAX_FILE: u64 = 1024 * 1024;

/// Permissions of the group and of others.
const OTHERS: u32 = 0o077;

/// Permissions as they are shown.
const PERMISSIONS: u32 = 0o7777;

/// Why a file with a secret or a certificate is of no use. None of these shows its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// It holds a secret, and somebody else than its owner may read or write it.
    #[error(
        "{path} holds a secret and is open to others (mode {mode:04o}): run `chmod 600 {path}`",
        path = path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is longer than [`MAX_FILE`].
    #[error("{} is longer than {MAX_FILE} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It does not hold what it should.
    #[error("{} holds no {expected}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
}

impl FileError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "FILE_UNREADABLE",
            Self::OpenToOthers { .. } => "FILE_OPEN_TO_OTHERS",
            Self::TooLong { .. } => "FILE_TOO_LONG",
            Self::Malformed { .. } => "FILE_MALFORMED",
        }
    }

    pub(crate) fn malformed(path: &Path, expected: &'static str) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            expected,
        }
    }
}

/// Reads a file that nobody but its owner may read.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, OTHERS)
}

/// Reads a file that anybody may read.
pub(crate) fn read_public(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, 0)
}

fn read(path: &Path, forbidden: u32) -> Result<Zeroizing<String>, FileError> {
    let unreadable = |reason: String| FileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    // Of the opened file: the path may lead elsewhere by now.
    let metadata = file
        .metadata()
        .map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    let mode = metadata.permissions().mode() & PERMISSIONS;
    if mode & forbidden != 0 {
        let path = path.to_owned();
        return Err(FileError::OpenToOthers { path, mode });
    }
    let size = usize::try_from(metadata.len().min(MAX_FILE)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        let path = path.to_owned();
        return Err(FileError::TooLong { path });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(FileError::malformed(path, "text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(mode: u32, text: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_secret_is_for_its_owner_alone() {
        for mode in [0o640, 0o604, 0o620, 0o610, 0o644, 0o677] {
            let (_folder, path) = file(mode, b"hunter2");
            let error = read_secret(&path).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, FileError::OpenToOthers { .. }), "{text}");
            let told = [
                &format!("(mode {mode:04o})"),
                "chmod 600",
                path.to_str().unwrap(),
            ]
            .iter()
            .all(|part| text.contains(part));
            assert!(told && !text.contains("hunter2"), "{text}");
            assert!(read_public(&path).is_ok());
        }
        for mode in [0o600, 0o400] {
            let (_folder, path) = file(mode, b"hunter2");
            assert_eq!(*read_secret(&path).unwrap(), "hunter2");
        }
    }

    #[test]
    fn what_is_no_readable_text_is_refused() {
        let (folder, path) = file(0o600, b"\xff");
        assert_eq!(read_secret(&path).unwrap_err().code(), "FILE_MALFORMED");
        let none = folder.path().join("none");
        assert_eq!(read_secret(&none).unwrap_err().code(), "FILE_UNREADABLE");
        let unreadable = read_secret(folder.path()).unwrap_err();
        assert_eq!(unreadable.code(), "FILE_UNREADABLE");
        let (_folder, path) = file(0o600, &vec![b'x'; 1024 * 1024 + 1]);
        assert_eq!(read_secret(&path).unwrap_err().code(), "FILE_TOO_LONG");
    }
}
