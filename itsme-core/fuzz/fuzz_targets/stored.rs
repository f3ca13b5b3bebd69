#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    itsme_core_fuzz::stored(data);
});
