//! Whole captures of any bytes, read all the way to events, each of which fits its kind.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hyakuyo_fuzz::read_all(data.to_vec()));
