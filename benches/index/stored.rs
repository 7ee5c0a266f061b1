//! What the bytes of a store are.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::ipc::reader::FileReader;
use chromatid::limits::PAGE_BYTES;
use chromatid::storage::Storage;

use super::files;

#[derive(Default)]
struct Sum {
    blocks: u64,
    rows: u64,
    /// Of the columns without the block around them.
    columns: u64,
    bytes: u64,
    in_pages: u64,
}

/// Prints how many bytes the files have, and what they hold, for each of `vectors`.
pub async fn print(storage: &dyn Storage, directory: &Path, vectors: usize, vector_bytes: usize) -> u64 {
    let mut kinds: BTreeMap<String, Sum> = BTreeMap::new();
    for id in storage.list_blocks().await.unwrap() {
        let block = storage.read_block(id).await.unwrap().unwrap();
        let bytes = block.len() as u64;
        for batch in FileReader::try_new(Cursor::new(block.as_slice()), None).unwrap() {
            let batch = batch.unwrap();
            let schema = batch.schema();
            let kind = match schema.metadata().get("chromatid:kind") {
                Some(kind) => format!("root of a {kind}"),
                None => {
                    let prefix = batch.column(0).as_string::<i32>();
                    let prefix = if prefix.is_empty() { "" } else { prefix.value(0) };
                    let [key, value] = [1, 2].map(|column| match schema.field(column).data_type() {
                        arrow::datatypes::DataType::Struct(_) => "record".to_owned(),
                        arrow::datatypes::DataType::List(item) => format!("[{}]", item.data_type()),
                        other => other.to_string(),
                    });
                    format!("{key} -> {value} {prefix}")
                }
            };
            let sum = kinds.entry(kind).or_default();
            sum.blocks += 1;
            sum.rows += batch.num_rows() as u64;
            let columns = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
            sum.columns += columns.map(|bytes| bytes.unwrap() as u64).sum::<u64>();
            sum.bytes += bytes;
            sum.in_pages += bytes.next_multiple_of(PAGE_BYTES);
        }
    }
    println!(
        "{:32} {:>6} {:>8} {:>9} {:>9} {:>9}",
        "stored, by first prefix", "blocks", "entries", "columns", "blocks", "in pages"
    );
    let each = |bytes: u64| bytes as f64 / vectors as f64;
    for (kind, Sum { blocks, rows, columns, bytes, in_pages }) in &kinds {
        let [columns, bytes, in_pages] = [*columns, *bytes, *in_pages].map(each);
        println!("{kind:32} {blocks:6} {rows:8} {columns:9.1} {bytes:9.1} {in_pages:9.1}");
    }
    let taken: u64 = kinds.values().map(|sum| sum.in_pages).sum();
    let mut all = 0;
    for (name, size) in files::sizes(directory) {
        println!("file {name:27} {:>46.1}", each(size));
        if name == "blocks" {
            println!("  of it free {:>67.1}", each(size.saturating_sub(taken)));
        }
        all += size;
    }
    println!("all {:>74.1} = {:.3} of the vectors", each(all), each(all) / vector_bytes as f64);
    all
}
