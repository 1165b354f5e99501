//! See `aegis_fuzz::subscriptions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aegis_fuzz::subscriptions::run(data));
