//! See `aegis_fuzz::config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aegis_fuzz::config::run(data));
