//! What can be wrong with a file of settings, by name: each has a golden test.

/// A kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// The text is no TOML.
    NotToml,
    /// A section that there is not.
    UnknownSection,
    /// A key that its section does not have.
    UnknownKey,
    /// Text where a number is wanted, and the like.
    WrongType,
    /// One table where several may be, or several where one is.
    NotATable,
    /// Something that must be said is not.
    Missing,
    /// Nothing between the quotation marks.
    Empty,
    /// A word that is none of those that may stand there.
    NotOneOf,
    /// A number beyond its limits.
    OutOfRange,
    /// No amount of bytes.
    BadSize,
    /// No length of time.
    BadDuration,
    /// No time zone.
    BadZone,
    /// No place to listen at, or to send to.
    BadAddress,
    /// No web address.
    BadUrl,
    /// No mail address.
    BadMailbox,
    /// Metrics for others than this machine.
    NotLoopback,
    /// No network.
    BadNet,
    /// No path from the root, where one is wanted.
    NotAbsolute,
    /// The same is watched twice.
    Twice,
    /// A filter that does not compile.
    BadFilter,
    /// A detector that there is not.
    UnknownDetector,
    /// A setting that a detector does not have.
    UnknownSetting,
    /// A file that is named cannot be used.
    Unreadable,
    /// Two settings that do not go together.
    Contradiction,
    /// There is nothing to watch.
    NothingToWatch,
}

impl Code {
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 25] = [
        Self::NotToml,
        Self::UnknownSection,
        Self::UnknownKey,
        Self::WrongType,
        Self::NotATable,
        Self::Missing,
        Self::Empty,
        Self::NotOneOf,
        Self::OutOfRange,
        Self::BadSize,
        Self::BadDuration,
        Self::BadZone,
        Self::BadAddress,
        Self::BadUrl,
        Self::BadMailbox,
        Self::NotLoopback,
        Self::BadNet,
        Self::NotAbsolute,
        Self::Twice,
        Self::BadFilter,
        Self::UnknownDetector,
        Self::UnknownSetting,
        Self::Unreadable,
        Self::Contradiction,
        Self::NothingToWatch,
    ];

    /// Its name, which is printed with it and explained in docs/watch.md.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NotToml => "not_toml",
            Self::UnknownSection => "unknown_section",
            Self::UnknownKey => "unknown_key",
            Self::WrongType => "wrong_type",
            Self::NotATable => "not_a_table",
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::NotOneOf => "not_one_of",
            Self::OutOfRange => "out_of_range",
            Self::BadSize => "bad_size",
            Self::BadDuration => "bad_duration",
            Self::BadZone => "bad_zone",
            Self::BadAddress => "bad_address",
            Self::BadUrl => "bad_url",
            Self::BadMailbox => "bad_mailbox",
            Self::NotLoopback => "not_loopback",
            Self::BadNet => "bad_net",
            Self::NotAbsolute => "not_absolute",
            Self::Twice => "twice",
            Self::BadFilter => "bad_filter",
            Self::UnknownDetector => "unknown_detector",
            Self::UnknownSetting => "unknown_setting",
            Self::Unreadable => "unreadable",
            Self::Contradiction => "contradiction",
            Self::NothingToWatch => "nothing_to_watch",
        }
    }
}
