//! What a process uses of the machine, as the kernel counts it.

use std::fs;
use std::time::Duration;

use crate::Used;

/// Ticks per second of `/proc/<pid>/stat`: the kernel promises this number to programs.
const TICKS: u64 = 100;

/// One look at a process. Both are `None` where the system has no `/proc`, or the process is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// CPU time since it started, all threads together.
    pub cpu: Option<Duration>,
    /// Memory that is resident now, in bytes.
    pub resident: Option<u64>,
}

impl Usage {
    /// Of this process.
    pub fn of(pid: u32) -> Usage {
        Usage {
            cpu: scheduled(pid).or_else(|| ticked(pid)),
            resident: resident(pid),
        }
    }

    /// CPU time between an earlier look and this one.
    pub fn cpu_since(&self, earlier: &Usage) -> Option<Duration> {
        self.cpu?.checked_sub(earlier.cpu?)
    }
}

/// What several processes, in the order of `names`, spent on each of so many things between two looks.
pub fn used_per<'a>(
    things: u64,
    names: impl IntoIterator<Item = &'a str>,
    (before, after): &(Vec<Usage>, Vec<Usage>),
) -> Vec<Used> {
    let looks = before.iter().zip(after);
    let used = names
        .into_iter()
        .zip(looks)
        .map(|(name, (before, after))| Used {
            name: name.to_owned(),
            cpu_us: (after.cpu_since(before).filter(|_| things > 0))
                .map(|cpu| cpu.as_secs_f64() * 1e6 / things as f64),
        });
    used.collect()
}

/// To the nanosecond: what each thread spent on a processor. A thread that has ended is not in it;
/// the processes measured here keep theirs.
fn scheduled(pid: u32) -> Option<Duration> {
    let mut nanos = 0u64;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanos += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanos))
}

/// To ten milliseconds, for kernels that keep no more.
fn ticked(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets, and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(Duration::from_millis((user + system) * 1000 / TICKS))
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_sees_its_own_work() {
        let pid = std::process::id();
        let before = Usage::of(pid);
        let mut sum = 0u64;
        let worked = loop {
            for number in 0..1_000_000u64 {
                sum = std::hint::black_box(sum.wrapping_add(number));
            }
            let worked = Usage::of(pid).cpu_since(&before).unwrap();
            if worked > Duration::from_millis(20) {
                break worked;
            }
        };
        assert!(worked < Duration::from_secs(30));
        assert!(before.resident.unwrap() > 100_000);
        assert!(ticked(pid).unwrap() > Duration::ZERO);
    }

    #[test]
    fn nobody_uses_nothing() {
        assert_eq!(Usage::of(u32::MAX), Usage::default());
    }
}
