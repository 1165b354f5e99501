//! See `aegis_fuzz::messagepack`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aegis_fuzz::messagepack::run(data));
