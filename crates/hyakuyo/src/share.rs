//! `hyakuyo share`: what was found, for others, without what is only our own business.

use crate::args::{Inside, Share, ShareForm, TlpMark};
use crate::logs::story_in;
use crate::read::at;
use crate::terminal;
use ::share::{KEY_BYTES_MIN, Sharing, Tlp, Veil};
use anyhow::{Context as _, Result, bail};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use story::Story;

/// Bytes of a new key: as long as the hash that it keys.
const KEY_BYTES: usize = 32;

/// Runs the command.
pub(crate) fn run(args: &Share) -> Result<()> {
    let story = story_in(&args.folder)?;
    let veil = match args.inside {
        Inside::Keep => Veil::open(),
        Inside::Pseudonym => closed(&story, args.key.as_deref())?,
    };
    let tlp = match args.tlp {
        TlpMark::Clear => Tlp::Clear,
        TlpMark::Green => Tlp::Green,
        TlpMark::Amber => Tlp::Amber,
        TlpMark::AmberStrict => Tlp::AmberStrict,
        TlpMark::Red => Tlp::Red,
    };
    let sharing = Sharing::new(&story, &veil, tlp, &args.by);
    let text = match args.form {
        ShareForm::Stix => sharing.stix(),
        ShareForm::Misp => sharing.misp(),
        ShareForm::Csv => sharing.csv(),
    };
    if sharing.withheld() > 0 {
        eprintln!("hyakuyo: {} indicators name inside hosts and were left out; --inside keep shares them", sharing.withheld());
    }
    match &args.out {
        None => terminal::print(&text).context("standard output"),
        Some(path) => {
            fs::write(path, text).map_err(|error| at(path, &error))?;
            terminal::print(&format!("TLP:{} in {}\n", tlp.name().to_uppercase(), path.display())).context("standard output")
        }
    }
}

fn closed(story: &Story, given: Option<&Path>) -> Result<Veil> {
    let (path, key) = match given {
        Some(path) => (path.to_owned(), fs::read(path).map_err(|error| at(path, &error))?),
        None => own_key()?,
    };
    let Some(veil) = Veil::keyed(key.trim_ascii(), story) else {
        bail!("{}: the key is shorter than {KEY_BYTES_MIN} bytes", path.display())
    };
    Ok(veil)
}

/// The key in the user's configuration folder, made where there is none yet. Nobody but the user may read it.
fn own_key() -> Result<(PathBuf, Vec<u8>)> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let folder = folder.context("neither XDG_CONFIG_HOME nor HOME is set; name a key with --key")?.join("hyakuyo");
    let path = folder.join("share.key");
    match fs::read(&path) {
        Ok(key) => return Ok((path, key)),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&path, &error)),
        Err(_) => {}
    }
    fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    let mut bytes = [0; KEY_BYTES];
    let random = Path::new("/dev/urandom");
    File::open(random).and_then(|mut file| file.read_exact(&mut bytes)).map_err(|error| at(random, &error))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    opened.and_then(|mut file| writeln!(file, "{text}")).map_err(|error| at(&path, &error))?;
    eprintln!("hyakuyo: a key for pseudonyms was made: {}; keep it, and keep it secret", path.display());
    Ok((path, text.into_bytes()))
}
