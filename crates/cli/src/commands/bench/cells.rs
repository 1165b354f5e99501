//! What is measured of calls.

use std::time::Duration;

use aegis_bench::Load;

/// One way of calling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// Its stable name.
    pub(super) name: &'static str,
    /// In words.
    pub(super) title: &'static str,
    pub(super) connections: usize,
    pub(super) load: Load,
    pub(super) body: usize,
    /// Measured this long in place of the usual span: calls come seldom.
    pub(super) longer: Option<Duration>,
}

/// All of them, in the order of the page.
pub(super) const CELLS: [Cell; 7] = [
    closed("c1", "1 in flight, 128 B", 1, 1, 128),
    closed("c16", "16 in flight on one connection, 128 B", 1, 16, 128),
    closed("c64", "64 in flight on one connection, 128 B", 1, 64, 128),
    closed(
        "conn64",
        "64 connections, 1 in flight each, 128 B",
        64,
        1,
        128,
    ),
    closed(
        "c64-4k",
        "64 in flight on one connection, 4 KiB",
        1,
        64,
        4096,
    ),
    Cell {
        name: "rate-200-per-minute",
        title: "200 calls per minute, 128 B",
        connections: 1,
        load: Load::Every(Duration::from_millis(300)),
        body: 128,
        longer: Some(Duration::from_secs(20)),
    },
    Cell {
        name: "rate-10000-per-second",
        title: "10,000 calls per second, 128 B",
        connections: 1,
        load: Load::Every(Duration::from_micros(100)),
        body: 128,
        longer: None,
    },
];

const fn closed(
    name: &'static str,
    title: &'static str,
    connections: usize,
    in_flight: usize,
    body: usize,
) -> Cell {
    Cell {
        name,
        title,
        connections,
        load: Load::InFlight(in_flight),
        body,
        longer: None,
    }
}
