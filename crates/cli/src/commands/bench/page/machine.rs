//! On what was measured.

use std::fs;
use std::thread;

/// The machine, in words.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory: String,
    pub(super) system: String,
}

impl Machine {
    pub(super) fn look() -> Self {
        let memory = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
        Self {
            processor: field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| format!("unknown {architecture} processor")),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory: memory.map_or_else(
                || "unknown memory".to_owned(),
                |kibibytes| format!("{:.0} GiB", kibibytes / 1024.0 / 1024.0),
            ),
            system: format!("{system} {} ({architecture})", kernel.trim()),
        }
    }
}

/// The first `name: value` of a file of the kernel's.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.trim() == name)?;
    Some(value.trim().to_owned())
}
