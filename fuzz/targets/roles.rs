//! Any text as `roles.toml`: it is read, or refused with problems whose places are in it; nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Err(problems) = enrich::Roles::parse("roles.toml", &text) {
        assert!(!problems.is_empty(), "refused without a reason");
    }
});
