//! The command line's grammar. Each argument's explanation is what `--help` prints.

use clap::{Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Every sensor that a network's defender needs, in one binary.
#[derive(Debug, Parser)]
#[command(name = "hyakuyo", version, arg_required_else_help = true, infer_subcommands = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read captures into logs, and tell what is in them
    Read(Read),
    /// Show everything that shares an id, address, name or hash, in time order, across all logs
    Find(Find),
    /// Print what a story offers for blocking, as rules for a firewall, a name server, a proxy or an intrusion detector
    Block(Block),
    /// Show what is used by whom and how much, the rare first if wanted, and what is new
    Profile(Profile),
    /// Explain a finding or an incident: its rule, what was measured, what proves it, who would be excused, what to do next
    Why(Why),
    /// Gather what the evidence says of an address or a name; looks outside only with --online
    Investigate(Investigate),
    /// Judge a folder's logs again with other roles, and tell which findings and incidents that adds, removes or changes
    Replay(Replay),
    /// Write the story of a folder as one page to send on, in English or Japanese
    Report(Report),
    /// Write what was found in the forms that others take up: STIX, MISP, CSV
    Share(Share),
    /// Explain every log and field
    Logs(Logs),
    /// Show which log formats files are in, and what of them could not be read
    Formats(Formats),
    /// Work with Sigma rules
    #[command(subcommand)]
    Sigma(Sigma),
    /// Explain every behaviour that is looked for: its rules, their source, its settings
    Detectors(Detectors),
    /// Watch interfaces, files and syslog as they go on, and tell findings as they happen
    Watch(Watch),
    /// Check the file that says what is watched, or print an example of it
    CheckConfig(CheckConfig),
    /// Run a command for each message on standard input (begun by `watch`)
    #[command(hide = true)]
    MailHelper(MailHelper),
    /// Write a made-up capture to try things on: a small office in which one machine is infected
    DemoCapture(DemoCapture),
}

/// `hyakuyo read`.
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// Captures (pcap or pcapng, also .gz and .zst), several as one; `-` reads from standard input; and logs of firewalls and
    /// servers, told by their content
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Folder for the logs [default: the capture's name without its ending, here]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How logs are written
    #[arg(long, value_enum, default_value_t = Format::Zeek)]
    pub(crate) format: Format,
    /// Analyze packets whose checksums are wrong, too
    #[arg(short = 'C', long)]
    pub(crate) ignore_checksums: bool,
    /// Threads that analyze; the logs are the same for any number [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,
    /// Write the files that were transferred into this folder, never executable
    #[arg(long, value_name = "DIR")]
    pub(crate) extract: Option<PathBuf>,
    /// Roles of hosts (mail servers, proxies, monitors …), kept as roles.toml beside the logs [default: that file, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "logs_only")]
    pub(crate) roles: Option<PathBuf>,
    /// Signatures of TCP stacks, by which operating systems are told, in p0f's format [default: /etc/p0f/p0f.fp, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) p0f: Option<PathBuf>,
    /// Countries and autonomous systems of addresses, in MaxMind's format (.mmdb); may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) geo: Vec<PathBuf>,
    /// Write the logs and leave behaviour alone: no findings, no story
    #[arg(long)]
    pub(crate) logs_only: bool,
    /// Time zone of logs that do not say theirs, such as Asia/Tokyo or +09:00 [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,
    /// Set a number of a detector's; `hyakuyo detectors NAME` lists them
    #[arg(long = "set", value_name = "DETECTOR.SETTING=NUMBER", conflicts_with = "logs_only")]
    pub(crate) settings: Vec<String>,
    /// Sigma rules, a file or a folder of them; may be given several times
    #[arg(long, value_name = "RULES", conflicts_with = "logs_only")]
    pub(crate) sigma: Vec<PathBuf>,
    /// Alarms of your own, in TOML: a condition, how often, within which time; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "logs_only")]
    pub(crate) alarms: Vec<PathBuf>,
    /// Print the story as JSON instead of the summary
    #[arg(long, conflicts_with = "logs_only")]
    pub(crate) json: bool,
    /// Language of the summary and the story [default: that of the environment: LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Zeek's tab-separated logs
    Zeek,
    /// JSON lines
    Json,
}

/// `hyakuyo find`.
#[derive(Debug, clap::Args)]
pub(crate) struct Find {
    /// A connection's or file's id, an address, a host's name, a hash, or any word
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,
    /// Folder with logs, ours or Zeek's
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Every column that is set
    #[arg(long, conflicts_with = "json")]
    pub(crate) full: bool,
    /// JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo block`.
#[derive(Debug, clap::Args)]
pub(crate) struct Block {
    /// Folder that `hyakuyo read` wrote
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// For which program
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: BlockForm,
}

/// For which program a block list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BlockForm {
    /// Rules for Suricata
    Suricata,
    /// A table for `nft -f`
    Nftables,
    /// A response policy zone for BIND
    Rpz,
    /// Access lists for squid.conf
    Squid,
    /// A table of all indicators, also those that are not fit for blocking
    Csv,
}

/// `hyakuyo profile`.
#[derive(Debug, clap::Args)]
pub(crate) struct Profile {
    /// Folder with a conn.log, ours or Zeek's
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What the rows are
    #[arg(long, value_enum, default_value_t = ProfileBy::Application)]
    pub(crate) by: ProfileBy,
    /// Read the ranking from the bottom: first what one host used once
    #[arg(long)]
    pub(crate) rare: bool,
    /// Folders of other days to hold it against: what is new, and what is usual
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub(crate) against: Vec<PathBuf>,
    /// Only what was not there before
    #[arg(long)]
    pub(crate) new: bool,
    /// All rows, however many
    #[arg(long)]
    pub(crate) all: bool,
    /// JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the rows of a profile are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileBy {
    /// The application, as recognised by content.
    Application,
    /// Who opens sessions.
    Host,
    /// With whom.
    Destination,
    /// The port.
    Port,
    /// The network of those who open sessions.
    Network,
    /// The hour of the day.
    Hour,
}

/// `hyakuyo report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// Folder that `hyakuyo read` wrote
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The page to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub(crate) out: PathBuf,
    /// Language of the page [default: as the system is set]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// Zone of all times, such as +09:00
    #[arg(long, value_name = "ZONE", default_value = "UTC", allow_hyphen_values = true)]
    pub(crate) zone: String,
    /// Where the capture lies, so that its hash can be stated [default: looked for beside the folder, in it, and here]
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Vec<PathBuf>,
}

/// `hyakuyo share`.
#[derive(Debug, clap::Args)]
pub(crate) struct Share {
    /// Folder that `hyakuyo read` wrote
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: ShareForm,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Who may see it, by the Traffic Light Protocol 2.0
    #[arg(long, value_enum, default_value_t = TlpMark::Amber)]
    pub(crate) tlp: TlpMark,
    /// What becomes of inside addresses and of names of hosts
    #[arg(long, value_enum, default_value_t = Inside::Pseudonym)]
    pub(crate) inside: Inside,
    /// Key of the pseudonyms [default: made once, in the user's configuration folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Who shares it: an organisation's name
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) by: String,
}

/// A form in which findings are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShareForm {
    /// A STIX 2.1 bundle.
    Stix,
    /// A MISP event.
    Misp,
    /// A table of the indicators.
    Csv,
}

/// A mark of the Traffic Light Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlpMark {
    /// Everybody may see it.
    Clear,
    /// The receivers' community.
    Green,
    /// The receivers' organisation and its customers.
    Amber,
    /// The receivers' organisation only.
    #[value(name = "amber+strict")]
    AmberStrict,
    /// The receivers only.
    Red,
}

/// What becomes of what is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Inside {
    /// Shown as it is.
    Keep,
    /// Replaced by a keyed hash.
    Pseudonym,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// `hyakuyo why`.
#[derive(Debug, clap::Args)]
pub(crate) struct Why {
    /// A finding's id (D…), an incident's (I…), or an address
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,
    /// Folder with a story and its logs
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo investigate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Investigate {
    /// An address or a host's name
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,
    /// Folder with logs, ours or Zeek's, and a story if there is one
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Ask the outside too: its name by its address, whois, and its web server; says first what is asked of whom
    #[arg(long)]
    pub(crate) online: bool,
    /// Countries and autonomous systems of addresses, in MaxMind's format (.mmdb); may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) geo: Vec<PathBuf>,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// Folder with logs, ours or Zeek's
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The roles to try, against those that are kept in the folder as roles.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) roles: PathBuf,
    /// Signatures of TCP stacks, in p0f's format [default: /etc/p0f/p0f.fp, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) p0f: Option<PathBuf>,
    /// Countries and autonomous systems of addresses, in MaxMind's format (.mmdb); may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) geo: Vec<PathBuf>,
    /// Set a detector's number, as in scan.hosts_min=50; `hyakuyo detectors` explains them
    #[arg(long = "set", value_name = "DETECTOR.SETTING=NUMBER")]
    pub(crate) settings: Vec<String>,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// A log's name, such as `conn`
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// One JSON object per field
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo formats`.
#[derive(Debug, clap::Args)]
pub(crate) struct Formats {
    /// Logs to look into; without any, all formats are listed
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// One JSON object per file
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo sigma`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sigma {
    /// Tell of each rule whether it is loaded, refused (and why), or of a source that we have no events of
    Check(SigmaCheck),
}

/// `hyakuyo sigma check`.
#[derive(Debug, clap::Args)]
pub(crate) struct SigmaCheck {
    /// Rules: files, or folders of *.yml
    #[arg(required = true, value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
    /// Every rule, not only those that need a look
    #[arg(long)]
    pub(crate) all: bool,
    /// One JSON object per rule
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo detectors`.
#[derive(Debug, clap::Args)]
pub(crate) struct Detectors {
    /// A detector's name, such as `scan`
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// One JSON object per detector
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hyakuyo watch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// The settings; `hyakuyo check-config --example` prints an example
    #[arg(value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// `hyakuyo mail-helper`.
#[derive(Debug, clap::Args)]
pub(crate) struct MailHelper {
    /// The command and its words
    #[arg(required = true, last = true)]
    pub(crate) command: Vec<String>,
}

/// `hyakuyo check-config`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckConfig {
    /// The settings
    #[arg(value_name = "FILE", required_unless_present = "example")]
    pub(crate) config: Option<PathBuf>,
    /// Print a commented example
    #[arg(long, conflicts_with = "config")]
    pub(crate) example: bool,
}

/// `hyakuyo demo-capture`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoCapture {
    /// The capture to write; an existing file is not overwritten
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which made-up network
    #[arg(long, value_enum, default_value_t = MadeUp::Office)]
    pub(crate) world: MadeUp,
    /// Another number makes another day in the same place
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many desks a campus has
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(60..=480))]
    pub(crate) hosts: u16,
    /// How many hours of a campus; below 20 they begin at half past eight, not at midnight
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24))]
    pub(crate) hours: u32,
    /// On which port the IRC sessions run
    #[arg(long, value_name = "N", default_value_t = 6667)]
    pub(crate) port: u16,
    /// Give ordinary hosts outside addresses of 240.0.0.0/4, which nobody has, not addresses drawn from the whole space
    #[arg(long)]
    pub(crate) reserved: bool,
    /// Write what was planted, and who has which role, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Write who has which role as a role file
    #[arg(long, value_name = "FILE")]
    pub(crate) roles: Option<PathBuf>,
    /// Overwrite the files
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// Networks that never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MadeUp {
    /// An hour in a small office in which one machine is infected
    Office,
    /// A day of 200 machines, with attacks of every kind and the truth about them
    Campus,
    /// A campus that reaches the web through a proxy alone, and one machine that does not
    Closed,
    /// Four bots that take orders over IRC
    IrcBot,
    /// Four people who talk over IRC
    IrcChat,
}
