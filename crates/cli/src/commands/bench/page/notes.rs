//! Where a page is written, what was written there by hand stays.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;

/// From this line on a page is by hand.
const NOTES: &str = "## Notes";
/// What stands there before anybody wrote anything.
const NO_NOTES: &str = "\n\nBy hand: why a figure is as it is, with the profile that shows it.\n";

/// Writes a page in place of an earlier one, and keeps that one's notes.
///
/// # Errors
/// When the file cannot be read or written.
pub(in super::super) fn write(file: &Path, page: &str) -> anyhow::Result<()> {
    let shown = file.display();
    let earlier = match fs::read_to_string(file) {
        Ok(earlier) => earlier,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    let whole = format!("{page}{NOTES}{}", notes(&earlier).unwrap_or(NO_NOTES));
    fs::write(file, whole).with_context(|| format!("cannot write {shown}"))
}

/// What stands under the heading.
fn notes(page: &str) -> Option<&str> {
    let heading = format!("\n{NOTES}");
    let (_, notes) = page.split_once(&heading)?;
    Some(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_outlive_the_page() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("page.md");
        write(&file, "# One\n\n")?;
        let first = fs::read_to_string(&file)?;
        assert_eq!(first, format!("# One\n\n## Notes{NO_NOTES}"));

        fs::write(&file, first.replace("By hand", "By me"))?;
        write(&file, "# Two\n\n")?;
        let second = fs::read_to_string(&file)?;
        assert_eq!(
            second,
            format!("# Two\n\n## Notes{NO_NOTES}").replace("By hand", "By me")
        );
        Ok(())
    }
}
