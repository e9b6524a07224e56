//! Signatures of strength 71 and more: see [`super::signatures`].

use super::HEAD_BYTES;
use super::pattern::Part::{Either, Find, Is, Like, Of, Run, Skip, Within, Word};
use super::signatures::{Signature, sign};
use super::text;

/// The strong ones, strongest first.
pub(super) static STRONG: &[Signature] = &[
    sign(340, "application/zip", &[Is(b"MZ"), Skip(28), Either(&[b"Copyright 1989-1990 PKWARE Inc.", b"PKLITE Copr."])]),
    sign(330, "application/pgp-keys", &[Skip(2), Is(b"---BEGIN PGP PUBLIC KEY BLOCK-")]),
    sign(320, "application/mac-binhex40", &[Skip(11), Is(b"must be converted with BinHex")]),
    sign(280, "application/pgp-signature", &[Is(b"-----BEGIN PGP SIGNATURE-")]),
    sign(280, "application/x-shar", &[Skip(10), Is(b"# This is a shell archive")]),
    sign(260, "application/pgp", &[Is(b"-----BEGIN PGP MESSAGE-")]),
    sign(260, "application/x-freeplane", &[Either(&[b"<map version=\"freeplane", b"<mapversion=\"freeplane"])]),
    sign(260, "application/x-scribus", &[Is(b"<SCRIBUSUTF8NEW Version")]),
    sign(
        250,
        "text/x-shellscript",
        &[Is(b"#!"), Like(|rest| text::interpreter(rest, &[b"sh", b"bash", b"tcsh", b"csh", b"zsh", b"fash", b"aesh", b"ksh"]))],
    ),
    sign(230, "application/x-svr4-package", &[Is(b"# PaCkAgE DaTaStReAm")]),
    sign(220, "application/x-kdelnk", &[Is(b"[KDE Desktop Entry]")]),
    sign(200, "application/x-kdelnk", &[Is(b"# KDE Config File")]),
    sign(190, "application/x-dosexec", &[Skip(369), Is(b"MICROSOFT PIFEX\0")]),
    sign(190, "application/x-mif", &[Is(b"<MakerScreenFont")]),
    sign(190, "audio/x-mod", &[Is(b"Extended Module:")]),
    sign(
        190,
        "audio/x-w64",
        &[Is(b"riff.\x91\xcf\x11\xa5\xd6(\xdb\x04\xc1\0\0"), Skip(8), Is(b"wave\xf3\xac\xd3\x11\x8c\xd1\0\xc0O\x8e\xdb\x8a")],
    ),
    sign(190, "audio/x-wav", &[Is(b"RF64\xff\xff\xff\xffWAVEds64")]),
    sign(190, "model/vrml", &[Is(b"#VRML"), Either(&[b" ", b""]), Is(b"V1.0"), Either(&[b" ", b""]), Is(b"ascii")]),
    sign(180, "application/x-msaccess", &[Skip(4), Either(&[b"Standard Jet DB\0", b"Standard ACE DB\0"])]),
    sign(180, "model/vrml", &[Is(b"#VRML"), Either(&[b" ", b""]), Is(b"V2.0"), Either(&[b" ", b""]), Is(b"utf8")]),
    sign(180, "text/calendar", &[Is(b"BEGIN:VCALENDAR")]),
    sign(170, "image/x-canon-crw", &[Is(b"II\x1a\0\0\0HEAPCCDR")]),
    sign(170, "message/rfc822", &[Is(b"Relay-Version:")]),
    sign(160, "application/vnd.font-fontforge-sfd", &[Is(b"SplineFontDB:")]),
    sign(160, "application/x-gnumeric", &[Skip(39), Is(b"<gmr:Workbook")]),
    sign(160, "image/x-polar-monitor-bitmap", &[Is(b"[BitmapInfo2]")]),
    sign(160, "message/rfc822", &[Word(b"delivered-to:")]),
    sign(150, "application/x-freemind", &[Either(&[b"<map version", b"<mapversion"])]),
    sign(150, "message/rfc822", &[Word(b"return-path:")]),
    sign(140, "application/x-bittorrent", &[Is(b"d8:announce")]),
    sign(140, "application/x-ia-arc", &[Is(b"filedesc://")]),
    sign(140, "application/x-sc", &[Skip(38), Is(b"Spreadsheet")]),
    sign(140, "text/x-vcard", &[Is(b"BEGIN:VCARD")]),
    sign(130, "application/x-mif", &[Is(b"<MakerFile")]),
    sign(130, "image/x-canon-cr2", &[Is(b"II*\0\x10\0\0\0CR")]),
    sign(130, "message/rfc822", &[Is(b"Forward to")]),
    sign(120, "application/vnd.lotus-wordpro", &[Is(b"WordPro\r\xfb")]),
    sign(
        120,
        "application/vnd.oasis.opendocument.chart-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.chart-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.formula-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.formula-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.graphics-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.graphics-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.image-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.image-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.presentation-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.presentation-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.spreadsheet-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet-template")],
    ),
    sign(
        120,
        "application/vnd.oasis.opendocument.text-template",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text-template")],
    ),
    sign(120, "application/x-lha", &[Is(b"MZ"), Skip(34), Either(&[b"LHa's SFX", b"LHA's SFX"])]),
    sign(120, "application/x-mif", &[Is(b"<BookFile")]),
    sign(120, "message/rfc822", &[Is(b"N#! rnews")]),
    sign(110, "application/epub+zip", &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/epub+zip")]),
    sign(110, "application/vnd.lotus-wordpro", &[Is(b"WordPro\0")]),
    sign(110, "application/vnd.ms-cab-compressed", &[Is(b"MSCF\0\0\0\0")]),
    sign(
        110,
        "application/vnd.oasis.opendocument.chart",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.chart"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.database",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.database")],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.formula",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.formula"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.graphics",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.graphics"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.image",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.image"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.presentation",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.presentation"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.spreadsheet",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(
        110,
        "application/vnd.oasis.opendocument.text",
        &[
            Is(b"PK\x03\x04"),
            Skip(22),
            Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text"),
            Of(|byte| matches!(byte, 0..=0x2c | 0x2e..)),
        ],
    ),
    sign(110, "application/x-hdf", &[Is(b"\x89HDF\r\n\x1a\n")]),
    sign(110, "application/x-mif", &[Is(b"<MIFFile")]),
    sign(110, "audio/x-mod", &[Skip(21), Either(&[b"!SCREAM!", b"BMOD2STM"])]),
    sign(110, "image/png", &[Is(b"\x89PNG")]),
    sign(110, "image/x-xcf", &[Is(b"gimp xcf")]),
    sign(110, "message/rfc822", &[Is(b"#! rnews")]),
    sign(
        110,
        "text/x-msdos-batch",
        &[Is(b"@"), Run(|byte| byte == b' ', 0, HEAD_BYTES), Word(b"echo"), Run(|byte| byte == b' ', 1, HEAD_BYTES), Word(b"off")],
    ),
    sign(110, "video/x-matroska", &[Is(b"\x1aE\xdf\xa3"), Find(b"B\x82"), Skip(1), Is(b"matroska")]),
    sign(100, "application/bindiff", &[Is(b"DIFF")]),
    sign(100, "application/bplist", &[Is(b"bplist")]),
    sign(100, "application/bsdiff", &[Is(b"BSDIFF")]),
    sign(100, "application/chrome-ext", &[Is(b"Cr24")]),
    sign(100, "application/java-archive", &[Is(b"PK\x03\x04"), Within(1, 200), Is(b"\x14\0"), Skip(2), Is(b"META-INF/MANIFEST.MF")]),
    sign(100, "application/map-tile", &[Is(b"VMP4")]),
    sign(100, "application/mshelp", &[Is(b"ITSF")]),
    sign(100, "application/msqm", &[Is(b"MSQM")]),
    sign(100, "application/mssql-bak", &[Is(b"MSSQLBAK")]),
    sign(100, "application/mtf", &[Is(b"TAPE")]),
    sign(100, "application/pkcs7-signature", &[Is(b"MIME-Version:"), Find(b"protocol=\"application/pkcs7-signature\"")]),
    sign(100, "application/skp", &[Is(b"\xff\xfe\xff\x0eS\0k\0e\0t\0c\0h\0U\0p\0 \0M\0o\0d\0e\0l\0")]),
    sign(100, "application/vnd.google-earth.kmz", &[Is(b"PK\x03\x04\x14"), Skip(25), Is(b"doc.kml")]),
    sign(100, "application/vnd.ms-tnef", &[Is(b"x\x9f>\"")]),
    sign(
        100,
        "application/vnd.oasis.opendocument.text-master",
        &[Is(b"PK\x03\x04"), Skip(22), Is(b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text-master")],
    ),
    sign(100, "application/vnd.rn-realmedia", &[Is(b".RMF\0\0\0")]),
    sign(100, "application/vnd.tcpdump.pcap", &[Is(b"\n\r\r\n"), Skip(4), Either(&[b"\x1a+<M", b"M<+\x1a"])]),
    sign(100, "application/x-blizgame", &[Is(b"BLTE")]),
    sign(100, "application/x-dmg", &[Either(&[b"x\x01s\rbb`", b"x\xdac`\x18\x05", b"x\x01c`\x18\x05", b"x\xdas\r"])]),
    sign(100, "application/x-dmg", &[Is(b"x"), Of(|byte| matches!(byte, 1 | 0xda)), Is(b"\xed"), Of(|byte| matches!(byte, 0xd0..=0xd9))]),
    sign(100, "application/x-game-mpq", &[Is(b"MPQ\x1a")]),
    sign(100, "application/x-gzip", &[Is(b"\x1f\x8b")]),
    sign(100, "application/x-java-jnlp-file", &[Is(b"<jnlp ")]),
    sign(100, "application/x-kaspavdb", &[Is(b"KLZF")]),
    sign(100, "application/x-kaspavupdate", &[Is(b"KLD2")]),
    sign(100, "application/x-mach-o-executable", &[Of(|byte| matches!(byte, 0xce | 0xcf)), Is(b"\xfa\xed\xfe")]),
    sign(100, "application/x-mach-o-executable", &[Is(b"\xca\xfe\xba\xbe"), Skip(2), Is(b"\0"), Of(|byte| matches!(byte, 1..=0x14))]),
    sign(100, "application/x-ms-dds", &[Is(b"DDS")]),
    sign(
        100,
        "application/x-tar",
        &[
            Run(text::is_printable_or_nul, 100, 100),
            Run(text::is_digit_or_space, 7, 7),
            Is(b"\0"),
            Run(text::is_digit_or_space, 7, 7),
            Is(b"\0"),
            Run(text::is_digit_or_space, 7, 7),
            Is(b"\0"),
            Run(text::is_digit_or_space, 11, 11),
            Is(b"\0"),
            Run(text::is_digit_or_space, 11, 11),
            Is(b"\0"),
            Run(|byte| matches!(byte, b'0'..=b'9' | 0 | b' '), 7, 7),
            Of(|byte| matches!(byte, b' ' | 0)),
            Of(|byte| matches!(byte, b'0'..=b'7' | 0)),
        ],
    ),
    sign(100, "application/x-vim-tmp", &[Is(b"b0VIM")]),
    sign(100, "application/x-xar", &[Is(b"xar!")]),
    sign(100, "message/news", &[Is(b"Article")]),
    sign(100, "message/rfc822", &[Is(b"Pipe to")]),
    sign(90, "application/x-mif", &[Is(b"<Maker")]),
    sign(90, "application/x-quark-xpress-3", &[Skip(2), Is(b"MMXPR3")]),
    sign(90, "application/x-xz", &[Is(b"\xfd7zXZ\0")]),
    sign(90, "image/vnd.dwg", &[Either(&[b"AC1.", b"AC2.", b"AC10"])]),
    sign(90, "text/x-xmcd", &[Is(b"# xmcd")]),
    sign(80, "application/pdf", &[Is(b"%PDF-")]),
    sign(80, "application/vnd.fdf", &[Is(b"%FDF-")]),
    sign(
        80,
        "application/vnd.fdo.journal",
        &[Is(b"LPKSHHRH"), Skip(8), Of(|byte| matches!(byte, 0..=3)), Skip(7), Run(|byte| byte != 0, 48, 48)],
    ),
    sign(
        80,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &[
            Is(b"PK\x03\x04"),
            Skip(26),
            Either(&[b"[Content_Types].xml", b"_rels/.rels", b"ppt/"]),
            Find(b"PK\x03\x04"),
            Skip(26),
            Is(b"ppt/"),
        ],
    ),
    sign(
        80,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &[
            Is(b"PK\x03\x04"),
            Skip(26),
            Either(&[b"[Content_Types].xml", b"_rels/.rels", b"xl/"]),
            Find(b"PK\x03\x04"),
            Skip(26),
            Is(b"xl/"),
        ],
    ),
    sign(
        80,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &[
            Is(b"PK\x03\x04"),
            Skip(26),
            Either(&[b"[Content_Types].xml", b"_rels/.rels", b"word/"]),
            Find(b"PK\x03\x04"),
            Skip(26),
            Is(b"word/"),
        ],
    ),
    sign(80, "application/x-font-ttf", &[Is(b"\0\x01\0\0\0")]),
    sign(80, "application/x-lzh", &[Skip(2), Is(b"-"), Like(text::lzh_method)]),
    sign(80, "application/x-python-bytecode", &[Either(&[b"\xfc\xc4", b"\x99N", b"\x87\xc6", b"\x03\xf3", b"\xf8\x0c"]), Is(b"\r\n")]),
    sign(80, "application/x-python-bytecode", &[Of(|byte| matches!(byte, 0x2a | 0x2d)), Is(b"\xed\r\n")]),
    sign(
        80,
        "application/x-python-bytecode",
        &[
            Of(|byte| {
                matches!(
                    byte,
                    0x3b | 0x45
                        | 0x59
                        | 0x63
                        | 0x6d
                        | 0x77
                        | 0x81
                        | 0x8b
                        | 0x8c
                        | 0x95
                        | 0x9f
                        | 0xa9
                        | 0xb3
                        | 0xc7
                        | 0xd1
                        | 0xdb
                        | 0xe5
                        | 0xef
                        | 0xf9
                )
            }),
            Is(b"\xf2\r\n"),
        ],
    ),
    sign(
        80,
        "application/x-python-bytecode",
        &[Of(|byte| matches!(byte, 0xb8 | 0xc2 | 0xcc | 0xd6 | 0xe0 | 0xea | 0xf4 | 0xf5 | 0xff)), Is(b"\x0b\r\n")],
    ),
    sign(
        80,
        "application/x-python-bytecode",
        &[
            Of(|byte| {
                matches!(
                    byte,
                    0x09 | 0x13
                        | 0x1d
                        | 0x1f
                        | 0x27
                        | 0x3b
                        | 0x45
                        | 0x4f
                        | 0x58
                        | 0x62
                        | 0x6c
                        | 0x76
                        | 0x80
                        | 0x94
                        | 0x9e
                        | 0xb2
                        | 0xcc
                        | 0xc6
                        | 0xd0
                        | 0xda
                        | 0xe4
                        | 0xee
                )
            }),
            Is(b"\x0c\r\n"),
        ],
    ),
    sign(
        80,
        "application/x-python-bytecode",
        &[
            Of(
                |byte| matches!(byte, 0x02 | 0x0c | 0x16 | 0x17 | 0x20 | 0x21 | 0x2a..=0x2d | 0x2f..=0x33 | 0x3e..=0x42 | 0x48 | 0x49 | 0x52..=0x55 | 0x5c..=0x61 | 0x66..=0x6f | 0x7a..=0xa7 | 0xac..=0xcb | 0xde..=0xf3),
            ),
            Is(b"\r\r\n"),
        ],
    ),
    sign(80, "application/x-python-bytecode", &[Of(|byte| matches!(byte, 0x10..=0x19)), Is(b"\x0e\r\n")]),
    sign(80, "message/news", &[Either(&[b"Path:", b"Xref:"])]),
    sign(80, "message/rfc822", &[Is(b"From:")]),
    sign(80, "text/rtf", &[Is(b"{\\rtf")]),
    sign(71, "application/ocsp-request", &[Within(11, 19), Is(b"\x06\x05+\x0e\x03\x02\x1a")]),
    sign(71, "application/ocsp-response", &[Within(11, 19), Is(b"\x06\t+\x06\x01\x05\x05\x070\x01\x01")]),
    sign(71, "application/x-java-applet", &[Is(b"\xca\xfe\xba\xbe"), Skip(3), Of(|byte| matches!(byte, 0x2d..=0x34))]),
    sign(71, "application/x-lzma", &[Is(b"]\0\0")]),
    sign(71, "video/mpv", &[Is(b"\0\0\x01\xb3")]),
];
