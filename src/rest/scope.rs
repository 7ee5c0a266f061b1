//! What a known sender may reach (spec: rest-api 3.1): what a path names has to be theirs, and what is not theirs does not exist where a path
//! does not name it.

use super::Identity;
use super::routes::{Call, Parameters};
use crate::error::{Error, Result};
use crate::types::Collection;

/// Stands for every tenant, and for every database.
const ALL: &str = "*";

impl Identity {
    fn covers_tenant(&self, tenant: &str) -> bool {
        self.tenant == ALL || self.tenant == tenant
    }

    /// Whether it is for a database of a tenant that it is for.
    pub(super) fn covers_database(&self, database: &str) -> bool {
        self.databases.iter().any(|covered| covered == ALL || covered == database)
    }
}

/// Refuses a call about a tenant or a database that is not the sender's, and one about all of them from whom it is not for all.
///
/// # Errors
/// `PermissionDenied`.
pub fn check(identity: Option<&Identity>, call: Call, at: &Parameters) -> Result<()> {
    let Some(identity) = identity else { return Ok(()) };
    match call {
        Call::CreateTenant if identity.tenant != ALL => refuse("This is for identities of all tenants"),
        Call::Reset if identity.tenant != ALL || !identity.covers_database(ALL) => {
            refuse("This is for identities of all tenants and databases")
        }
        _ if !at.tenant.is_empty() && !identity.covers_tenant(&at.tenant) => {
            refuse(format_args!("The identity is not for tenant [{}]", at.tenant))
        }
        _ if !at.database.is_empty() => check_database(Some(identity), &at.database),
        _ => Ok(()),
    }
}

/// Refuses a database that is not the sender's, of a tenant that is.
///
/// # Errors
/// `PermissionDenied`.
pub fn check_database(identity: Option<&Identity>, database: &str) -> Result<()> {
    match identity {
        Some(identity) if !identity.covers_database(database) => {
            refuse(format_args!("The identity is not for database [{database}]"))
        }
        _ => Ok(()),
    }
}

/// A collection that was found without naming its database.
///
/// # Errors
/// `NotFound` if it is not the sender's, as if it did not exist.
pub fn shown(identity: Option<&Identity>, found: Collection) -> Result<Collection> {
    let is_shown = identity.is_none_or(|identity| {
        identity.covers_tenant(&found.tenant) && identity.covers_database(&found.database)
    });
    if is_shown {
        Ok(found)
    } else {
        Err(Error::NotFound(format!("Collection [{}] does not exist", found.name)))
    }
}

fn refuse(reason: impl ToString) -> Result<()> {
    Err(Error::PermissionDenied(reason.to_string()))
}
