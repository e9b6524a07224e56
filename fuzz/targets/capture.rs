//! Capture files of any bytes: reading ends, frames are no more than the file, damage is told in one line.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(mut source) = capture::Source::from_reader(Box::new(std::io::Cursor::new(data.to_vec())), "fuzz") else { return };
    let mut bytes = 0;
    while let Some(frame) = source.next() {
        bytes += frame.data.len() + 1;
    }
    let packed = data.starts_with(&[0x1f, 0x8b]) || data.get(1..4) == Some(&[0xb5, 0x2f, 0xfd]) || data.get(1..4) == Some(&[0x2a, 0x4d, 0x18]);
    assert!(packed || bytes <= data.len());
    assert!(source.damage().len() <= 1 && source.damage().iter().all(|damage| !damage.to_string().contains('\n')));
});
