//! See `aegis_fuzz::codec_chunks`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aegis_fuzz::codec_chunks::run(data));
