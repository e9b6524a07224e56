//! Executables that are fetched (P12, S4).
//!
//! Definition: a body whose content is a program (PE, ELF, Mach-O, Java class) or a script, over HTTP, FTP, TFTP or IRC; a URI
//! that ends as scripts of Windows do; or a long text that is nothing but hexadecimal or base64. Signs add up to how bad it is
//! (`signs.rs`): name and content disagree, a double ending, a bare address, a user agent of tools, a program that is packed,
//! has no imports or an absurd date. Signed programs, destinations of many hosts and known ways of updates lose signs. High
//! from four. Source: DETECTIONS.md `exe_download`; S4, whose student found his infection by the one PE in a capture.
//!
//! What a `pe` row tells comes before or after the request's row, so each waits for the other for a while. Left out: what is
//! inside archives; programs over SMB, which are a matter of lateral movement.

mod signs;

use bounded::Table;
use contract::seen::{File, Http, Pe, Seen, What};
use contract::{Behaviour, Chosen, Definition, Destination, Detector, Finding, Known, Part, Reach, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Timestamp, Uid, Value};
use signs::{Encoding, Signs};

/// The row of the catalogue.
#[derive(Debug)]
pub struct ExeDownload;

static DEFINITIONS: [Definition; 3] = [
    Definition {
        detector: "exe_download",
        name: "exe_download",
        title: Words { en: "fetched a program", ja: "実行ファイルを取得した" },
        rule: Words {
            en: "a body that is a program or a script by its content; high from 4 signs: the name says otherwise 3, double ending 3, bare address 2, \
                 user agent of a tool 2, packed 2, no referrer 1, endless or wordless name 1, an odd date or one of today 1; signed, known and inside ones lose signs",
            ja: "内容が実行ファイルまたはスクリプトである本文。次の兆候が 4 以上で高: 名前と内容の食い違い 3、二重拡張子 3、IP アドレス直接指定 2、\
                 ツールの User-Agent 2、パックされている 2、Referer なし 1、極端に長いまたは無意味な名前 1、不自然なまたは当日の作成日時 1。署名付き・周知・内部のものは減点",
        },
        next: Words {
            en: "look up the file's hash, and ask the host's user whether the program was wanted",
            ja: "ファイルのハッシュ値を調べ、利用者に意図したものかを確かめる",
        },
        source: "DETECTIONS.md exe_download; S4",
        severity: Severity::Medium,
        stage: Stage::CameIn,
        part: Part::Actor,
        techniques: &["T1105"],
        excluded: &[],
    },
    Definition {
        detector: "exe_download",
        name: "script_download",
        title: Words { en: "asked for a script of Windows", ja: "Windows スクリプトを要求した" },
        rule: Words {
            en: "a request whose path ends as scripts and shortcuts of Windows do (vbs hta ps1 bat cmd wsf jse lnk scr pif); high with 4 signs",
            ja: "パスが Windows のスクリプトやショートカットの拡張子 (vbs hta ps1 bat cmd wsf jse lnk scr pif) で終わる要求。兆候が 4 以上で高",
        },
        next: Words {
            en: "see what the script does and what started it", ja: "スクリプトの内容と、何が起動したかを確かめる"
        },
        source: "DETECTIONS.md exe_download",
        severity: Severity::Low,
        stage: Stage::CameIn,
        part: Part::Actor,
        techniques: &["T1105", "T1059"],
        excluded: &[],
    },
    Definition {
        detector: "exe_download",
        name: "encoded_download",
        title: Words { en: "fetched something in disguise", ja: "偽装されたデータを取得した" },
        rule: Words {
            en: "a text of 20 kB or more that is hexadecimal or base64 from end to end, by a program that is no browser: code on its way past a filter",
            ja: "ブラウザー以外が取得した 20 kB 以上のテキストで、全体が 16 進または base64（フィルターを避けて運ばれるコード）",
        },
        next: Words { en: "decode the file and look at what it is", ja: "ファイルを復号して正体を確かめる" },
        source: "DETECTIONS.md exe_download; S4",
        severity: Severity::Medium,
        stage: Stage::FetchedMore,
        part: Part::Actor,
        techniques: &["T1027", "T1105"],
        excluded: &[],
    },
];

const SETTINGS: &[Setting] = &[
    Setting { name: "signs_high", default: 4.0, doc: "Signs that make a download high." },
    Setting { name: "encoded_bytes_min", default: 20_000.0, doc: "The length from which an encoded text counts, in bytes." },
    Setting { name: "prevalence_hosts", default: 3.0, doc: "A destination of so many inside hosts loses two signs." },
];

/// Files whose request and whose inside wait for each other: about as many as are in transfer at once in a large network.
const WAITING_MAX: usize = 4_096;
/// Bytes that one waiting file may hold: host, path, agent.
const WAITING_BYTES: usize = 512;

impl Behaviour for ExeDownload {
    fn name(&self) -> &'static str {
        "exe_download"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Http, What::File, What::Pe]
    }
    fn held_bytes_max(&self) -> usize {
        2 * Table::<Uid, Fetched>::held_bytes_max(WAITING_MAX) + WAITING_MAX * WAITING_BYTES
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            high: settings.count(SETTINGS, "signs_high") as i32,
            encoded_bytes_min: settings.count(SETTINGS, "encoded_bytes_min"),
            prevalence: settings.count(SETTINGS, "prevalence_hosts") as u32,
            fetched: Table::new(WAITING_MAX),
            insides: Table::new(WAITING_MAX),
            texts: Table::new(WAITING_MAX),
        })
    }
}

/// A program that was fetched, until its inside is known.
#[derive(Clone, Debug)]
struct Fetched {
    kind: usize,
    client: Addr,
    server: Addr,
    at: Timestamp,
    uid: Option<Uid>,
    fuid: Option<Uid>,
    subject: Box<[u8]>,
    quote: Box<[u8]>,
    signs: Signs,
    inside: bool,
    encoding: Option<Encoding>,
}

struct Watch {
    high: i32,
    encoded_bytes_min: u64,
    prevalence: u32,
    fetched: Table<Uid, Fetched>,
    /// What `pe` rows told of files whose request has not come.
    insides: Table<Uid, Inside>,
    /// Encoded texts, by the file, whose request has not come.
    texts: Table<Uid, Encoding>,
}

/// What a Windows program is like inside.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    packed: bool,
    dated: bool,
    signed: bool,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Http(http) => self.http(http, known, out),
            Seen::File(file) => self.file(file, known, out),
            Seen::Pe(pe) => self.pe(pe, known, out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        let texts = self.fetched.len() * WAITING_BYTES;
        self.fetched.held_bytes() + self.insides.held_bytes() + self.texts.held_bytes() + texts
    }

    fn dropped(&self) -> u64 {
        self.fetched.dropped() + self.insides.dropped()
    }
}

impl Watch {
    fn http(&mut self, http: &Http<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
        let mime = http.resp_mime_types().find(|mime| signs::is_program(mime));
        let path = http.uri().split(|byte| *byte == b'?').next().unwrap_or_default();
        let fuid = http.resp_fuids().iter().find_map(|value| match value {
            Value::Uid(uid) => Some(*uid),
            _ => None,
        });
        let encoded = fuid.and_then(|fuid| self.texts.remove(&fuid));
        let kind = match mime {
            Some(_) => 0,
            None if signs::is_script(path) && http.status_code().is_none_or(|code| code < 300) && http.method() == b"GET" => 1,
            None if encoded.is_some() => 2,
            // A text that is still on its way: whether it is encoded is known with its last byte.
            None if http.resp_mime_types().any(|mime| mime == b"text/plain") && !signs::is_browser(http) => 3,
            None => return,
        };
        let signs = signs::of(http, path, mime, kind == 0);
        let quote = [http.method(), b" ", http.uri(), b" as ", http.user_agent()].concat();
        let fetched = Fetched {
            kind,
            client,
            server,
            at: http.ts(),
            uid: http.uid(),
            fuid,
            subject: cut(&[http.host(), http.uri()].concat()),
            quote: cut(&quote),
            signs,
            inside: known.is_inside(client),
            encoding: encoded,
        };
        let reach = self.reach(http, server, known);
        let fetched = Fetched { signs: fetched.signs.shared(reach, self.prevalence).near(known.is_inside(server)), ..fetched };
        let inside = fuid.and_then(|fuid| self.insides.remove(&fuid)).unwrap_or_default();
        self.tell(&fetched, inside, out);
        if let Some(fuid) = fuid {
            self.fetched.entry(fuid, || fetched);
        }
    }

    fn reach(&self, http: &Http<'_>, server: Addr, known: &dyn Known) -> Reach {
        let named = http.host().iter().any(u8::is_ascii_alphabetic);
        known.reach(if named { Destination::Name(http.host()) } else { Destination::Addr(server) })
    }

    fn file(&mut self, file: &File<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Some(fuid) = file.fuid() else { return };
        if file.source() == b"HTTP" {
            let long = file.seen_bytes().unwrap_or(0) >= self.encoded_bytes_min;
            let text = long && file.mime_type() == b"text/plain" && file.is_orig() != Some(true);
            let (true, Some(encoding)) = (text, file.entropy().and_then(signs::encoding)) else { return };
            match self.fetched.remove(&fuid) {
                Some(fetched) => self.tell(&Fetched { kind: 2, encoding: Some(encoding), ..fetched }, Inside::default(), out),
                None => {
                    self.texts.entry(fuid, || encoding);
                }
            }
            return;
        }
        let (Some((orig, _)), Some((resp, _))) = (file.orig(), file.resp()) else { return };
        let carried = signs::carried(file.source(), known.is_inside(orig) && known.is_inside(resp));
        let (true, Some(points)) = (signs::is_program(file.mime_type()), carried) else { return };
        let (client, server) = if file.is_orig() == Some(true) { (resp, orig) } else { (orig, resp) };
        let fetched = Fetched {
            kind: 0,
            client,
            server,
            at: file.ts(),
            uid: file.uid(),
            fuid: Some(fuid),
            subject: cut(&[file.source(), b" ", file.filename()].concat()),
            quote: cut(file.filename()),
            signs: Signs::from(1 + points),
            inside: known.is_inside(client),
            encoding: None,
        };
        let inside = self.insides.remove(&fuid).unwrap_or_default();
        self.tell(&fetched, inside, out);
        self.fetched.entry(fuid, || fetched);
    }

    fn pe(&mut self, pe: &Pe<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Some(fuid) = pe.fuid() else { return };
        let inside = Inside {
            packed: signs::is_packed(pe),
            dated: signs::is_oddly_dated(pe, known.now()),
            signed: pe.has_cert_table() == Some(true),
        };
        match self.fetched.remove(&fuid) {
            Some(fetched) => self.tell(&fetched, inside, out),
            None => {
                self.insides.entry(fuid, || inside);
            }
        }
    }

    fn tell(&self, fetched: &Fetched, inside: Inside, out: &mut dyn Tell) {
        let Some(definition) = DEFINITIONS.get(fetched.kind) else { return };
        let signs = fetched.signs.count() + if inside.packed { 2 } else { 0 } + i32::from(inside.dated) - if inside.signed { 2 } else { 0 };
        let (severity, confidence) = match (fetched.kind, signs) {
            // Somebody else's host, or a capture between two networks that are not ours.
            _ if !fetched.inside && signs >= 2 => (Severity::Low, 60),
            (2, 3..) if fetched.encoding == Some(Encoding::Hexadecimal) => (Severity::High, 88),
            (2, 3..) => (Severity::Medium, 60),
            (2, _) => (Severity::Low, 60),
            (_, signs) if signs >= self.high => (Severity::High, (84 + signs.min(6) * 2) as u8),
            (0, 2..) => (Severity::Medium, 75),
            (1, 3..) => (Severity::Medium, 65),
            (_, ..=0) => (Severity::Info, 60),
            _ => (Severity::Low, 60),
        };
        let finding = Finding::new(definition, fetched.client, fetched.at, confidence)
            .severity(severity)
            .about(&fetched.subject)
            .peer(fetched.server)
            .quote(&fetched.quote)
            .proof(fetched.uid)
            .proof(fetched.fuid)
            .measure("signs", f64::from(signs), f64::from(self.high), "");
        out.finding(if inside.packed { finding.note("packed", 1.0, "") } else { finding });
    }
}

fn cut(text: &[u8]) -> Box<[u8]> {
    text.get(..contract::QUOTE_BYTES_MAX).unwrap_or(text).into()
}
