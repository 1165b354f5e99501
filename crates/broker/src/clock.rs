use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The broker's clock, and the `now` its local peer is called with: the span since the machine
/// started. It counts while the machine sleeps, so that a lease ends when it should, and no clock
/// that people set moves it.
pub fn now() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_does_not_go_back() {
        let before = super::now();
        assert!(super::now() >= before);
    }
}
