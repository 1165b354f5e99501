//! See `aegis_fuzz::codec_raw`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aegis_fuzz::codec_raw::run(data));
