#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| customer_lockbox_fuzz::times(data));
