//! The office is the same every time, of a handy size, and read without damage.

use std::io::Cursor;
use worlds::office;

#[test]
fn the_same_seed_gives_the_same_capture() {
    let bytes = office(1).write(Vec::new()).expect("a vector takes everything");
    assert!(bytes == office(1).write(Vec::new()).expect("a vector takes everything"));
    assert!(bytes != office(2).write(Vec::new()).expect("a vector takes everything"));
    assert!((4_000_000..20_000_000).contains(&bytes.len()), "{} bytes", bytes.len());
    let mut source = capture::Source::from_reader(Box::new(Cursor::new(bytes)), "office").expect("a capture");
    let (mut frames, mut last) = (0, None);
    while let Some(frame) = source.next() {
        assert!(Some(frame.at) >= last, "frames are in the order of time");
        last = Some(frame.at);
        frames += 1;
    }
    assert!(source.damage().is_empty() && frames > 5_000, "{frames} frames");
}

#[test]
fn the_program_is_a_program() {
    let story = office(1).story;
    assert!(story.program.starts_with(b"MZ") && story.program.len() > 60_000);
}
