use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file that only its owner can read: what holds a secret is refused otherwise.
///
/// # Panics
///
/// If it cannot be written.
pub fn private_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file is written");
    let owner_only = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, owner_only).expect("its permissions are set");
    path
}
