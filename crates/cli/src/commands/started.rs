//! What a program that stays says once it can be used.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use crate::failure::Outcome;
use crate::printer::Printer;

/// Where to reach what was started. Field names are stable: scripts that ask for port 0 read the chosen
/// port here.
#[derive(Debug, Serialize)]
pub(super) struct Started {
    /// Addresses of the embedded broker, the asked one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) listen: Vec<SocketAddr>,
    /// The NATS servers it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nats: Option<String>,
    /// On NATS servers: `serving`, or `standby` while another router serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
    /// Address of the admin listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) admin: Option<SocketAddr>,
    /// The locked directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_dir: Option<PathBuf>,
    /// This process.
    pub(super) pid: u32,
}

impl Started {
    /// Prints it: one line per address, or one JSON object on one line.
    pub(super) fn announce(&self, printer: &Printer) -> Outcome {
        let mut text = String::new();
        for address in &self.listen {
            let _ = writeln!(text, "listening on {address}");
        }
        if let (Some(servers), Some(state)) = (&self.nats, self.state) {
            let _ = writeln!(text, "{state} on {servers}");
        }
        if let Some(address) = self.admin {
            let _ = writeln!(text, "admin on http://{address}");
        }
        Ok(printer.announce(self, text.trim_end())?)
    }
}
