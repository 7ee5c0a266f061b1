//! `record_counter`: how many records a collection has.

use super::{Run, upsert};
use crate::error::Result;
use crate::types::{MetadataValue, OperationRecord};

pub async fn run(run: &mut Run) -> Result<Vec<OperationRecord>> {
    let mut processed = 0;
    loop {
        let changes = run.next().await?;
        if changes.is_empty() {
            break;
        }
        processed += changes.len();
    }
    let total = run.new.len() as i64;
    let document = format!("Last processed {processed} records (total: {total})");
    let metadata = [("total_count".to_owned(), MetadataValue::Int(total))].into();
    Ok(vec![upsert("function_output".to_owned(), metadata, document)])
}
