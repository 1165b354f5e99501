//! Seeded simulator of the real core, driver and switch.
