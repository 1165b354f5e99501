use std::cell::Cell;

use crate::Plant;

thread_local! {
    static SOWN: Cell<Option<Plant>> = const { Cell::new(None) };
}

impl Plant {
    /// Whether this bug is at work on this thread.
    #[inline]
    pub fn is_sown(self) -> bool {
        SOWN.get() == Some(self)
    }
}

/// Sows a bug, or none, on this thread until what this gives back is dropped.
pub fn sow(plant: Option<Plant>) -> Sown {
    Sown {
        before: SOWN.replace(plant),
    }
}

/// Takes the bug out again when it is dropped, also by a panic.
#[derive(Debug)]
#[must_use = "dropping it takes the bug out"]
pub struct Sown {
    before: Option<Plant>,
}

impl Drop for Sown {
    fn drop(&mut self) {
        SOWN.set(self.before);
    }
}
