//! What can go wrong, under Chroma's names.
//!
//! Every fallible public function of the engine returns [`Error`]. Its [`name`](Error::name) and
//! [`code`](Error::code) are those of Chroma's HTTP API, so that the in-process client and the HTTP
//! handler report the same thing.

use std::fmt;

/// The result of every engine operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An engine error: a kind with Chroma's name and code, and a message that says what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request is well formed but breaks a rule. HTTP 400.
    #[error("{0}")]
    InvalidArgument(String),
    /// The named tenant, database or collection does not exist. HTTP 404.
    #[error("{0}")]
    NotFound(String),
    /// The name is taken. HTTP 409.
    #[error("{0}")]
    AlreadyExists(String),
    /// A conditional write that came after another one to the same records. HTTP 409.
    #[error("{0}")]
    Conflict(String),
    /// A conditional read or write of a state that is no longer known. HTTP 412.
    #[error("{0}")]
    StaleRead(String),
    /// The body is of a type that is not read. HTTP 415.
    #[error("{0}")]
    UnsupportedMedia(String),
    /// The request does not have the expected shape or breaks a quota. HTTP 422.
    #[error("{0}")]
    Unprocessable(String),
    /// The operation is switched off, for instance `reset`. HTTP 403.
    #[error("{0}")]
    PermissionDenied(String),
    /// Too much is under way or a bound of [`crate::limits`] was hit. HTTP 429.
    #[error("{0}")]
    ResourceExhausted(String),
    /// Chroma has this, this build does not. HTTP 501.
    #[error("{0}")]
    Unimplemented(String),
    /// The store is closed or was poisoned by a failed flush; open it again. HTTP 503.
    #[error("{0}")]
    Unavailable(String),
    /// Stored bytes do not say what they should. They are left untouched. HTTP 500.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// The platform's storage refused or failed. HTTP 507 when it is full, else 500.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A defect of the engine itself. HTTP 500.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Chroma's error name, the `error` member of an HTTP error body. Clients tell by it whether another
    /// storage may be tried (unsupported) or must not be (locked, corrupt).
    pub fn name(&self) -> &'static str {
        match self {
            Error::InvalidArgument(_) => "InvalidArgumentError",
            Error::NotFound(_) => "NotFoundError",
            Error::Internal(_) => "InternalError",
            Error::Conflict(_) => "ConditionalWriteConflictError",
            Error::StaleRead(_) => "StaleReadError",
            Error::Storage(StorageError::QuotaExceeded { .. }) => "StorageQuotaExceededError",
            Error::Storage(StorageError::Locked { .. }) => "StorageLockedError",
            Error::Storage(StorageError::Unsupported { .. }) => "StorageUnsupportedError",
            Error::Storage(StorageError::Key { .. }) => "EncryptionKeyError",
            Error::Storage(StorageError::Corrupt(_)) | Error::Corrupt(_) => "CorruptionError",
            Error::Storage(_) => "StorageError",
            _ => "ChromaError",
        }
    }

    /// The HTTP status that carries this error.
    pub fn code(&self) -> u16 {
        match self {
            Error::InvalidArgument(_) => 400,
            Error::PermissionDenied(_) | Error::Storage(StorageError::Key { .. }) => 403,
            Error::NotFound(_) => 404,
            Error::AlreadyExists(_) | Error::Conflict(_) => 409,
            Error::StaleRead(_) => 412,
            Error::UnsupportedMedia(_) => 415,
            Error::Unprocessable(_) => 422,
            Error::ResourceExhausted(_) => 429,
            Error::Unimplemented(_) => 501,
            Error::Unavailable(_) => 503,
            Error::Storage(StorageError::QuotaExceeded { .. }) => 507,
            Error::Corrupt(_) | Error::Storage(_) | Error::Internal(_) => 500,
        }
    }

    /// Whether the same call may succeed later without a change to it.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Error::ResourceExhausted(_) | Error::Unavailable(_) | Error::Storage(StorageError::Locked { .. })
        )
    }

    /// The damage that it reports, if it reports some.
    pub fn corruption(&self) -> Option<&Corruption> {
        match self {
            Error::Corrupt(corruption) | Error::Storage(StorageError::Corrupt(corruption)) => {
                Some(corruption)
            }
            _ => None,
        }
    }

    /// A 400 with Chroma's prefix for field validators.
    pub fn validation(field: &str, reason: impl fmt::Display) -> Self {
        Error::InvalidArgument(format!("Validation error: {field}: {reason}"))
    }

    /// A 422 with Chroma's prefix for a body of the wrong shape.
    pub fn shape(reason: impl fmt::Display) -> Self {
        Error::Unprocessable(format!("Failed to deserialize the JSON body into the target type: {reason}"))
    }
}

/// Stored bytes that cannot be what was written: the place and what was wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("corrupt {place}: {reason}; nothing was changed")]
pub struct Corruption {
    /// What was being read, for instance `block 5f0c…` or `log frame 17`.
    pub place: String,
    /// Which check failed.
    pub reason: String,
}

impl Corruption {
    pub fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }
}

/// What a storage backend can answer instead of success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No room: the write in question changed nothing.
    #[error("storage quota exceeded while {operation}: delete records or free space, then try again")]
    QuotaExceeded { operation: &'static str },
    /// Another tab, worker or process holds the store.
    #[error("the store is in use by another tab, worker or process: {detail}")]
    Locked { detail: String },
    /// The backend does not exist on this platform, or not in this context.
    #[error("{backend} storage is not available here: {detail}")]
    Unsupported { backend: &'static str, detail: String },
    /// A newer version of chromatid wrote the store. Another storage must not be tried in its place.
    #[error(
        "{place} was written in format {found}, this version of chromatid reads {supported}: update it; nothing was changed"
    )]
    NewerFormat { place: &'static str, found: u32, supported: u32 },
    /// The key does not fit the store. HTTP 403.
    #[error("{reason}")]
    Key { reason: &'static str },
    /// The store was closed; open it again.
    #[error("the store is closed")]
    Closed,
    /// Bytes that a backend keeps for itself (headers, directory) are damaged.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// Anything else the platform reports.
    #[error("storage failed while {operation}: {detail}")]
    Failed { operation: &'static str, detail: String },
}

impl StorageError {
    pub fn failed(operation: &'static str, detail: impl fmt::Display) -> Self {
        StorageError::Failed { operation, detail: detail.to_string() }
    }
}
