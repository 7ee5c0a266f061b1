//! What can go wrong, and what to do about it.

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a snapshot could not be written, opened or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Bytes that are not what the manifest says, or that say nothing. Reading them again may help; nothing was changed.
    #[error("corrupt snapshot: {place}: {reason}")]
    Corrupt { place: &'static str, reason: String },
    /// A request or a record that breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// What a query may cost is not enough for it.
    #[error(
        "the query needs more than {limit} {unit}: raise `{option}`, ask for fewer results or narrow the filter"
    )]
    Budget { option: &'static str, unit: &'static str, limit: u64 },
    /// What snapshots do not have.
    #[error("{0}")]
    Unsupported(String),
    /// A snapshot of a version that this one does not know.
    #[error("the snapshot has format {found}, this version reads format {known}: update chromatid")]
    Version { found: u16, known: u16 },
}

impl Error {
    /// Its name where clients tell errors apart.
    pub fn name(&self) -> &'static str {
        match self {
            Error::Corrupt { .. } => "SnapshotCorruptError",
            Error::Invalid(_) => "InvalidArgumentError",
            Error::Budget { .. } => "SnapshotBudgetError",
            Error::Unsupported(_) => "SnapshotUnsupportedError",
            Error::Version { .. } => "SnapshotVersionError",
        }
    }

    pub(crate) fn corrupt(place: &'static str, reason: impl Into<String>) -> Self {
        Error::Corrupt { place, reason: reason.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Error::Invalid(message.into())
    }
}
