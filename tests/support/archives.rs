//! Exports and imports of databases.

use chromatid::db::{Db, Existing, ExportRequest, ImportRequest, Imported};
use chromatid::error::Result;

pub async fn export(db: &Db, request: ExportRequest) -> Result<Vec<u8>> {
    let number = db.begin_export(request).await?;
    let mut file = Vec::new();
    while let Some(bytes) = db.next_export(number).await? {
        file.extend(bytes);
    }
    db.end_export(number)?;
    Ok(file)
}

/// Imports a file, in pieces of so many bytes.
pub async fn import(db: &Db, file: &[u8], existing: Existing, piece: usize) -> Result<Imported> {
    let number = db.begin_import(ImportRequest { existing });
    for piece in file.chunks(piece) {
        db.push_import(number, piece).await?;
    }
    db.end_import(number, false).await
}
