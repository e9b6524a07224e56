//! Captures made by hand, byte by byte, in every variant of the formats; and whatever else bytes may be.

use capture::write::{Precision, Writer};
use capture::{Flaw, Frame, LARGEST_FRAME_BYTES, OpenError, Source, Why};
use model::Timestamp;
use proptest::prelude::*;
use std::io::{Cursor, Write};
use std::path::PathBuf;

/// What a frame was, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    micros: i64,
    link: u32,
    data: Vec<u8>,
    wire_bytes: u32,
}

fn seen(frame: Frame<'_>) -> Seen {
    assert_eq!(frame.at.nanos() % 1000, 0);
    Seen { micros: frame.at.nanos() / 1000, link: frame.link, data: frame.data.to_vec(), wire_bytes: frame.wire_bytes }
}

fn open(bytes: &[u8]) -> Result<Source, OpenError> {
    Source::from_reader(Box::new(Cursor::new(bytes.to_vec())), "test")
}

fn read(bytes: &[u8]) -> (Vec<Seen>, Vec<Flaw>) {
    let mut source = open(bytes).expect("a capture");
    let mut frames = Vec::new();
    while let Some(frame) = source.next() {
        frames.push(seen(frame));
    }
    assert!(source.next().is_none(), "the end is final");
    (frames, source.damage().iter().map(|damage| damage.flaw.clone()).collect())
}

fn check(bytes: &[u8], expected: &[(i64, u32, &[u8], u32)]) {
    let expected: Vec<_> =
        expected.iter().map(|&(micros, link, data, wire_bytes)| Seen { micros, link, data: data.to_vec(), wire_bytes }).collect();
    assert_eq!(read(bytes), (expected, vec![]));
}

/// Numbers in one byte order.
#[derive(Clone, Copy)]
struct Order(bool);

const BOTH: [Order; 2] = [Order(false), Order(true)];

impl Order {
    fn n32(self, n: u32) -> [u8; 4] {
        if self.0 { n.to_be_bytes() } else { n.to_le_bytes() }
    }
    fn n16(self, n: u16) -> [u8; 2] {
        if self.0 { n.to_be_bytes() } else { n.to_le_bytes() }
    }
    fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| self.n32(word)).collect()
    }
    fn pcap(self, magic: u32, minor: u16, snap: u32, link: u32) -> Vec<u8> {
        [&self.n32(magic)[..], &self.n16(2), &self.n16(minor), &self.words(&[0, 0, snap, link])].concat()
    }
    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let mut padded = body.to_vec();
        padded.resize(body.len().next_multiple_of(4), 0);
        let length = self.n32(padded.len() as u32 + 12);
        [&self.n32(kind)[..], &length, &padded, &length].concat()
    }
    fn section(self) -> Vec<u8> {
        self.block(0x0a0d_0d0a, &[&self.n32(0x1a2b_3c4d)[..], &self.n16(1), &self.n16(0), &[0xff; 8]].concat())
    }
    fn interface(self, link: u16, snap: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = [&self.n16(link)[..], &[0, 0], &self.n32(snap)].concat();
        for (code, value) in options {
            body.extend([&self.n16(*code)[..], &self.n16(value.len() as u16), value].concat());
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body)
    }
    fn enhanced(self, interface: u32, ticks: u64, data: &[u8], wire: u32) -> Vec<u8> {
        self.block(6, &[&self.words(&[interface, (ticks >> 32) as u32, ticks as u32, data.len() as u32, wire])[..], data].concat())
    }
}

#[test]
fn pcap_in_both_byte_orders_and_precisions() {
    for order in BOTH {
        let record = [&order.words(&[1_600_000_000, 5, 3, 60])[..], b"abc"].concat();
        let file = [order.pcap(0xa1b2_c3d4, 4, 0, 1), record.clone(), record].concat();
        check(&file, &[(1_600_000_000_000_005, 1, b"abc", 60), (1_600_000_000_000_005, 1, b"abc", 60)]);
        let nanos = [&order.pcap(0xa1b2_3c4d, 4, 65535, 113)[..], &order.words(&[1, 999_999_999, 1, 1]), b"x"].concat();
        check(&nanos, &[(1_999_999, 113, b"x", 1)]);
    }
}

#[test]
fn pcap_of_the_modified_kind_has_longer_records() {
    for order in BOTH {
        let file =
            [&order.pcap(0xa1b2_cd34, 4, 4, 1)[..], &order.words(&[1, 2, 3, 3, 7, 0]), b"abc", &order.words(&[2, 2, 1, 1, 7, 0]), b"z"]
                .concat();
        check(&file, &[(1_000_002, 1, b"abc", 3), (2_000_002, 1, b"z", 1)]);
    }
}

#[test]
fn pcap_of_old_versions_has_its_lengths_the_other_way_round() {
    let order = Order(false);
    let file = [&order.pcap(0xa1b2_c3d4, 2, 0, 1)[..], &order.words(&[1, 0, 60, 3]), b"abc"].concat();
    check(&file, &[(1_000_000, 1, b"abc", 60)]);
    let file = [&order.pcap(0xa1b2_c3d4, 3, 0, 1)[..], &order.words(&[1, 0, 60, 3]), b"abc", &order.words(&[1, 0, 3, 60]), b"abc"].concat();
    check(&file, &[(1_000_000, 1, b"abc", 60), (1_000_000, 1, b"abc", 60)]);
}

#[test]
fn snap_length_and_frame_checksum_cut_frames() {
    let order = Order(false);
    let file = [&order.pcap(0xa1b2_c3d4, 4, 2, 1)[..], &order.words(&[1, 0, 3, 3]), b"abc", &order.words(&[1, 0, 1, 1]), b"d"].concat();
    check(&file, &[(1_000_000, 1, b"ab", 3), (1_000_000, 1, b"d", 1)]);
    let fcs = [&order.pcap(0xa1b2_c3d4, 4, 0, 0x2400_0001)[..], &order.words(&[1, 0, 8, 8]), b"abcdFFFF"].concat();
    check(&fcs, &[(1_000_000, 1, b"abcd", 4)]);
}

#[test]
fn pcapng_with_sections_interfaces_and_all_packet_blocks() {
    for order in BOTH {
        let other = Order(!order.0);
        let old = [&order.n16(1)[..], &order.n16(9), &order.words(&[0, 4_000_000, 2, 9]), b"ol"].concat();
        let offset = if order.0 { 100u64.to_be_bytes() } else { 100u64.to_le_bytes() };
        let file = [
            order.section(),
            order.interface(1, 0, &[(2, b"eth0"), (9, &[9])]),
            order.block(0xbad, b"unknown, passed over"),
            order.interface(113, 3, &[(1, b"a comment"), (13, &[4]), (14, &offset), (0, b""), (9, &[3])]),
            order.enhanced(0, 1_500_000_999, b"nano", 70),
            order.enhanced(1, 1 << 33, b"abcdFFFF", 8),
            order.block(2, &old),
            order.block(3, &[&order.n32(4)[..], b"simp"].concat()),
            other.section(),
            other.interface(101, 3, &[]),
            other.block(3, &[&other.n32(9)[..], b"abcd"].concat()),
            other.enhanced(0, 7, b"", 0),
        ];
        let cooked = 100_000_000 + (1 << 33);
        let expected: [(i64, u32, &[u8], u32); 6] = [
            (1_500_000, 1, b"nano", 70),
            (cooked, 113, b"abcd", 4),
            (104_000_000, 113, b"ol", 5),
            (104_000_000, 1, b"simp", 4),
            (104_000_000, 101, b"abc", 9),
            (7, 101, b"", 0),
        ];
        check(&file.concat(), &expected);
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let order = Order(false);
    let start = [order.section(), order.interface(1, 0, &[]), order.enhanced(0, 1, b"good", 4)].concat();
    let check = |tail: Vec<u8>, expected: Flaw| {
        let mut source = open(&[start.clone(), tail].concat()).expect("a capture");
        assert!(source.next().is_some());
        assert!(source.next().is_none());
        let [damage] = source.damage() else { panic!("one damage, not {:?}", source.damage()) };
        assert_eq!((damage.flaw.clone(), damage.offset, damage.frames), (expected, start.len() as u64, 1));
        let line = damage.to_string();
        assert!(!line.contains('\n') && line.contains("everything before was read"), "{line}");
    };
    let good = order.enhanced(0, 1, b"good", 4);
    let mut bad_end = good.clone();
    let at = bad_end.len() - 4;
    bad_end[at] = 40;
    check(bad_end, Flaw::BlockEnds { first: 36, last: 40 });
    check(order.enhanced(1, 1, b"good", 4), Flaw::NoSuchInterface(1));
    check(order.words(&[6, 11]), Flaw::BlockLength(11));
    check(order.words(&[6, 0xffff_fffc]), Flaw::BlockLength(0xffff_fffc));
    check(order.words(&[6, 34]), Flaw::BlockLength(34));
    check(order.block(6, &order.words(&[0, 0, 0, 400, 400])), Flaw::FrameOutsideBlock);
    check(order.block(6, &order.words(&[0, 0, 0, 1 << 20, 400])), Flaw::FrameTooLarge(1 << 20));
    check(order.block(6, &order.words(&[0])), Flaw::BlockLength(16));
    check(order.block(1, &order.words(&[0])), Flaw::BlockLength(16));
    check(order.block(0x0a0d_0d0a, &[0; 16]), Flaw::ByteOrder);
    check(order.words(&[0xbad, 0xffff_fffc, 1]), Flaw::Truncated { have: 0, need: 1 });
}

#[test]
fn every_truncation_keeps_the_whole_frames_before_it() {
    let order = Order(true);
    let record = |data: &[u8]| [&order.words(&[1, 2, data.len() as u32, 99])[..], data].concat();
    let pcap = [order.pcap(0xa1b2_c3d4, 4, 0, 1), record(b"abc"), record(b""), record(b"defgh")].concat();
    let pcapng = [
        order.section(),
        order.interface(1, 0, &[(9, &[9])]),
        order.enhanced(0, 1, b"abc", 3),
        order.block(5, b"statistics"),
        order.enhanced(0, 2, b"de", 2),
    ]
    .concat();
    for (file, header) in [(pcap, 24), (pcapng, 28)] {
        let (all, _) = read(&file);
        for cut in 0..file.len() {
            let part = &file[..cut];
            if cut < header {
                let why = open(part).expect_err("a header cut short").why;
                assert!(matches!(why, Why::HeaderTruncated | Why::Empty | Why::Unknown | Why::Text), "{why:?} at {cut}");
                continue;
            }
            let (frames, flaws) = read(part);
            assert_eq!(frames, all[..frames.len()]);
            assert!(flaws.len() <= 1 && flaws.iter().all(|flaw| matches!(flaw, Flaw::Truncated { .. })), "{flaws:?} at {cut}");
        }
    }
}

#[test]
fn too_large_a_frame_is_damage_and_the_largest_is_not() {
    let order = Order(false);
    let largest = vec![7; LARGEST_FRAME_BYTES];
    let n = LARGEST_FRAME_BYTES as u32;
    let file =
        [&order.pcap(0xa1b2_c3d4, 4, 0, 1)[..], &order.words(&[1, 0, n, n]), &largest, &order.words(&[1, 0, n + 1, n + 1]), &largest]
            .concat();
    let (frames, flaws) = read(&file);
    assert_eq!((frames.len(), frames[0].data.len()), (1, LARGEST_FRAME_BYTES));
    assert_eq!(flaws, [Flaw::FrameTooLarge(u64::from(n) + 1)]);
}

fn sample(frames: u32) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), 1, Precision::Micros).expect("a vector takes everything");
    for n in 0..frames {
        writer.frame(Timestamp::from_nanos(i64::from(n) * 1_000_000), &[n as u8; 100]).expect("a vector takes everything");
    }
    writer.finish().expect("a vector takes everything")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("a vector takes everything");
    packer.finish().expect("a vector takes everything")
}

#[test]
fn packed_captures_are_unpacked_as_they_come() {
    let plain = sample(5000);
    let expected = read(&plain);
    assert_eq!(expected.0.len(), 5000);
    let zst = zstd::encode_all(&plain[..], 1).expect("packs");
    assert_eq!(read(&gzip(&plain)), expected);
    assert_eq!(read(&[gzip(&plain[..70_000]), gzip(&plain[70_000..])].concat()), expected);
    assert_eq!(read(&zst), expected);
    for packed in [gzip(&plain), zst] {
        let mut source = open(&packed[..packed.len() / 2]).expect("its head is whole");
        let mut frames = 0;
        while source.next().is_some() {
            frames += 1;
        }
        assert!(frames > 0 && frames < 5000, "{frames}");
        assert_eq!(source.damage()[0].flaw, Flaw::Unreadable("the packed file is truncated".into()));
        assert!(source.damage()[0].packed);
    }
}

#[test]
fn what_is_written_is_read() {
    let mut writer = Writer::new(Vec::new(), 113, Precision::Nanos).expect("a vector takes everything");
    writer.cut_frame(Timestamp::from_nanos(1_234_567_891_234_567_891), b"abc", 1500).expect("a vector takes everything");
    check(&writer.finish().expect("a vector takes everything"), &[(1_234_567_891_234_567, 113, b"abc", 1500)]);
}

/// A folder of its own for one test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-capture-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn several_files_are_one_capture_past_any_damage() {
    let folder = Folder::new("several");
    let whole = sample(10);
    let paths = [folder.file("a.pcap", &whole[..whole.len() - 1]), folder.file("b.gz", &gzip(&whole)), folder.file("c.pcap", &whole)];
    let mut source = Source::open(&paths).expect("captures");
    assert_eq!(source.position(), 0);
    let mut frames = 0;
    while source.next().is_some() {
        frames += 1;
    }
    assert_eq!((frames, source.frames()), (29, 29));
    assert_eq!(Some(source.position()), source.total());
    assert_eq!(source.damage().len(), 1);
    assert!(source.damage()[0].file.ends_with("a.pcap"));
    assert_eq!(source.damage()[0].frames, 9);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = Folder::new("errors");
    let why = |path: PathBuf| Source::open(&[path]).expect_err("not a capture").why;
    assert_eq!(why(folder.0.join("none.pcap")), Why::Missing);
    assert_eq!(why(folder.0.clone()), Why::Directory);
    assert_eq!(why(folder.file("empty", b"")), Why::Empty);
    assert_eq!(why(folder.file("text", b"#fields\tts\tuid\n")), Why::Text);
    assert_eq!(why(folder.file("short", &sample(0)[..20])), Why::HeaderTruncated);
    assert_eq!(why(folder.file("binary", b"\0\x01\x02\x03")), Why::Unknown);
    assert_eq!(why(folder.file("text.gz", &gzip(b"text"))), Why::Text);
    assert!(matches!(why(folder.file("bad.gz", b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")), Why::Packing(_)));
    assert!(matches!(why(folder.file("snoop", b"snoop\0\0\0\0\0\0\x02\0\0\0\x04")), Why::Convert { .. }));
    assert_eq!(Source::open(&[]).expect_err("nothing").why, Why::NoFiles);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands behind a good header, reading ends, gives no more than there is, and tells any damage once.
    #[test]
    fn random_bytes_end(kind in 0..4usize, tail in proptest::collection::vec(any::<u8>(), 0..600)) {
        let order = Order(kind % 2 == 1);
        let head = if kind < 2 { order.pcap(0xa1b2_c3d4, 4, 0, 1) } else { [order.section(), order.interface(1, 0, &[])].concat() };
        let (frames, flaws) = read(&[head, tail.clone()].concat());
        prop_assert!(frames.iter().map(|frame| frame.data.len()).sum::<usize>() <= tail.len());
        prop_assert!(flaws.len() <= 1);
    }

    /// Small numbers in random blocks reach deeper than random bytes do.
    #[test]
    fn random_blocks_end(blocks in proptest::collection::vec((0..8u32, proptest::collection::vec(0..40u32, 0..12)), 0..20), cut in 0..2000usize) {
        let order = Order(false);
        let mut file = order.section();
        for (kind, words) in blocks {
            file.extend(order.block(kind, &order.words(&words)));
        }
        file.truncate(cut.max(28));
        let (_, flaws) = read(&file);
        prop_assert!(flaws.len() <= 1);
    }

    #[test]
    fn random_files_open_or_say_why(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        match open(&bytes) {
            Ok(mut source) => while source.next().is_some() {},
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
