//! Changes, made to the engine and to the model.

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db};
use chromatid::error::{Error, Result};
use chromatid::types::{
    CreateCollection, DeleteRequest, Embeddings, MetadataValue, Operation, RecordSet, UpdateCollection,
    UpdateMetadata, Where,
};
use serde_json::{Value, json};

use super::chroma::{Chroma, Kind, Outcome, Row};

/// One call of the API that changes something.
#[derive(Debug, Clone)]
pub enum Step {
    Create { name: &'static str, space: &'static str },
    Rename { from: &'static str, to: &'static str },
    Drop { name: &'static str },
    Fork { from: &'static str, to: &'static str },
    Write { name: &'static str, kind: Kind, rows: Vec<Row> },
    Delete { name: &'static str, ids: Option<Vec<String>>, clause: Option<Value>, limit: Option<u32> },
    Compact,
    Maintain,
}

impl Chroma {
    /// What the step should do. How much of the log is indexed is for [`note_indexed`] to say.
    pub fn apply(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Create { name, space } => self.create(name, space),
            Step::Rename { from, to } => self.rename(from, to),
            Step::Drop { name } => self.drop_collection(name),
            Step::Fork { from, to } => self.fork(from, to),
            Step::Write { name, kind, rows } => self.collection(name)?.write(*kind, rows),
            Step::Delete { name, ids, clause, limit } => {
                self.collection(name)?.delete(ids.as_deref(), clause.as_ref(), *limit);
                Ok(())
            }
            Step::Compact | Step::Maintain => Ok(()),
        }
    }
}

/// Makes the step in the engine.
pub async fn run(db: &Db, step: &Step) -> Result<()> {
    match step {
        Step::Create { name, space } => {
            let body = json!({"name": name, "configuration": {"hnsw": {"space": space}}});
            db.create_collection(T, D, CreateCollection::from_json(body)?).await.map(drop)
        }
        Step::Rename { from, to } => {
            let id = id_of(db, from)?;
            let request = UpdateCollection { new_name: Some((*to).into()), ..UpdateCollection::default() };
            db.update_collection(T, D, &id, request).await
        }
        Step::Drop { name } => db.delete_collection(T, D, name).await,
        Step::Fork { from, to } => db.fork_collection(T, D, &id_of(db, from)?, to).await.map(drop),
        Step::Write { name, kind, rows } => {
            let id = id_of(db, name)?;
            db.write(T, D, &id, operation(*kind), record_set(rows)?).await.map(drop)
        }
        Step::Delete { name, ids, clause, limit } => {
            let id = id_of(db, name)?;
            let filter = clause.as_ref().map(Where::parse).transpose()?;
            let request = DeleteRequest { ids: ids.clone(), filter, limit: *limit };
            db.delete(T, D, &id, request).await.map(drop)
        }
        Step::Compact => db.compact().await,
        Step::Maintain => db.maintain().await.map(drop),
    }
}

/// Tells the model how much of each log the engine has indexed, which is the engine's choice.
pub fn note_indexed(db: &Db, model: &mut Chroma) -> Result<()> {
    for collection in &mut model.collections {
        let status = db.indexing_status(T, D, &id_of(db, &collection.name)?)?;
        let (left, known) = (status.num_unindexed_ops as usize, collection.log.len());
        let indexed = known.checked_sub(left).ok_or_else(|| {
            Error::Internal(format!("{left} operations are not indexed, but only {known} are left"))
        })?;
        collection.index(indexed);
    }
    Ok(())
}

/// The id of the collection with this name.
pub fn id_of(db: &Db, name: &str) -> Result<String> {
    Ok(db.get_collection(T, D, name)?.id.to_string())
}

fn operation(kind: Kind) -> Operation {
    match kind {
        Kind::Add => Operation::Add,
        Kind::Update => Operation::Update,
        Kind::Upsert => Operation::Upsert,
        Kind::Delete => Operation::Delete,
    }
}

fn record_set(rows: &[Row]) -> Result<RecordSet> {
    let column = |field: fn(&Row) -> &Option<String>| {
        let column: Vec<Option<String>> = rows.iter().map(|row| field(row).clone()).collect();
        column.iter().any(Option::is_some).then_some(column)
    };
    let embeddings: Vec<_> = rows.iter().map(|row| row.embedding.as_ref()).collect();
    let given = embeddings.iter().any(Option::is_some);
    let change = |row: &Row| {
        let members = row.metadata.as_ref()?.iter();
        let change = members.map(|(key, value)| (key.clone(), MetadataValue::from_json(value)));
        Some(change.collect::<UpdateMetadata>())
    };
    Ok(RecordSet {
        ids: rows.iter().map(|row| row.id.clone()).collect(),
        embeddings: given.then(|| Embeddings::from_rows(&embeddings)).transpose()?,
        documents: column(|row| &row.document),
        uris: column(|row| &row.uri),
        metadatas: Some(rows.iter().map(change).collect()),
    })
}
