//! Files of any content, handed over in any pieces: type, hashes, executables' headers.
#![no_main]

use contract::{FileAbout, Side, Transport};
use files::{Files, Limits};
use hyakuyo_fuzz::Input;
use libfuzzer_sys::fuzz_target;
use model::{Interval, Timestamp};
use testkit::dialogue::Dialogue;
use testkit::laws::event_fits;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let how = input.byte();
    let _ = files::detect(&data[data.len().min(1)..]);
    let flow = Dialogue::new("fuzz", Transport::Tcp, 40_000, 80).flow();
    let mut at = flow.start;
    let limits = if how & 1 == 0 { Limits::default() } else { Limits { files_max: 2, waiting_bytes_max: 64, waiting_bytes_total_max: 128, ..Limits::default() } };
    let (mut files, mut rows) = (Files::new(limits), Vec::new());
    let total_bytes = (how & 2 != 0).then(|| u64::from(input.word()));
    let open = |files: &mut Files, at, key: u8| {
        let about = FileAbout { at, source: "HTTP", side: Side::Resp, key: &[key], shared: key & 1 == 1, depth: 0, name: Some(b"name"), declared_mime: None, total_bytes, parent: None };
        files.open(&flow, &about)
    };
    let mut id = open(&mut files, at, 0);
    if how & 4 != 0 {
        // All of it in order, which reaches deepest into formats.
        files.data(at, id, input.bytes(usize::MAX), &mut rows);
    }
    while !input.0.is_empty() {
        let (step, length) = (input.byte(), usize::from(input.byte()));
        at = at + Interval::from_millis(i64::from(step) * 40);
        match step % 8 {
            0..=2 => files.data(at, id, input.bytes(length * 8), &mut rows),
            3 => {
                let offset = u64::from(input.word()) << (step >> 4);
                files.data_at(at, id, offset, input.bytes(length * 8), &mut rows);
            }
            4 => files.gap(at, id, (length as u64) << (step >> 4), &mut rows),
            5 => id = open(&mut files, at, step >> 4),
            6 => while files.expire(at, &mut |deadline| deadline, &mut rows).is_some() {},
            _ => {}
        }
        assert!(files.held_bytes() < 16 << 20);
    }
    let last: Timestamp = at;
    files.finish(last, &mut rows);
    for row in &rows {
        if let Err(breach) = event_fits(row) {
            panic!("{breach}");
        }
    }
});
