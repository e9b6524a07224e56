//! Reads captures and says what was in them: for measuring the reader alone.

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
    let mut source = match capture::Source::open(&paths) {
        Ok(source) => source,
        Err(error) => return eprintln!("{error}"),
    };
    let (mut frames, mut bytes) = (0u64, 0u64);
    while let Some(frame) = source.next() {
        frames += 1;
        bytes += frame.data.len() as u64;
    }
    println!("{frames} frames, {bytes} bytes");
    for damage in source.damage() {
        println!("{damage}");
    }
}
