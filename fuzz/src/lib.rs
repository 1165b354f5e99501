//! Fuzz targets: one plain function for each way in which bytes from outside reach us.
//!
//! A target takes any bytes and panics if a property does not hold. That is all it is, so the same
//! function serves three masters: `cargo test` replays every committed input through it, `cargo
//! xtask fuzz` has libFuzzer look for new ones, and the binary `replay` runs one file.
//!
//! Inputs live in `corpus/TARGET.pack` (chosen by the fuzzer: together they reach all code that is
//! known to be reached) and in `regressions/TARGET` (each broke something once, and says what in its
//! name).

pub mod codec_chunks;
pub mod codec_raw;
pub mod config;
pub mod messagepack;
pub mod pack;
pub mod records;
mod script;
pub mod subjects;
pub mod subscriptions;
pub mod switch;

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its module, its binary and its folders of inputs.
    pub name: &'static str,
    /// Takes any bytes; panics if a property does not hold.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "codec_raw",
        run: codec_raw::run,
    },
    Target {
        name: "codec_chunks",
        run: codec_chunks::run,
    },
    Target {
        name: "subjects",
        run: subjects::run,
    },
    Target {
        name: "subscriptions",
        run: subscriptions::run,
    },
    Target {
        name: "switch",
        run: switch::run,
    },
    Target {
        name: "messagepack",
        run: messagepack::run,
    },
    Target {
        name: "records",
        run: records::run,
    },
    Target {
        name: "config",
        run: config::run,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
