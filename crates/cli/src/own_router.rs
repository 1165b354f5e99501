//! This program's own `aegis router` as a process that we start, for the demo and for figures.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::process::{Process, own_program};

/// A process that has not said anything by then never will.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A router that listens, with its admin listener. Ends when its process is dropped.
#[derive(Debug)]
pub(crate) struct OwnRouter {
    pub(crate) process: Process,
    /// Where services and callers connect.
    pub(crate) url: String,
    /// Address and port of its admin listener.
    pub(crate) admin: String,
}

impl OwnRouter {
    /// Starts one on free ports, with an embedded broker and its state in `folder`, and waits until
    /// it listens. No configuration file is read.
    pub(crate) async fn start(folder: &Path, settings: &[&str]) -> anyhow::Result<Self> {
        let data_dir = folder.join("state");
        let data_dir = data_dir
            .to_str()
            .context("the temporary directory's name is not text")?;
        let mut arguments = vec![
            "router",
            "--no-config",
            "--output",
            "jsonl",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--data-dir",
            data_dir,
            "--until-stdin-closes",
        ];
        arguments.extend(settings);
        let (line, mut lines) = mpsc::unbounded_channel();
        let command = own_program(&arguments)?;
        let process = Process::start("router", command, folder, move |text| {
            let _ = line.send(text.to_owned());
        })?;
        let Ok(Some(started)) = timeout(START_PATIENCE, lines.recv()).await else {
            bail!("the router did not start: {}", process.last_words());
        };
        let started: Value = serde_json::from_str(&started)
            .context("the router said something else than where it is")?;
        let address = |pointer: &str| {
            let address = started.pointer(pointer).and_then(Value::as_str);
            address.context("the router did not say where it is")
        };
        let url = format!("nats://{}", address("/listen/0")?);
        let admin = address("/admin")?.to_owned();
        Ok(Self {
            process,
            url,
            admin,
        })
    }
}
