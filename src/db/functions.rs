//! Attached functions (spec: rest-api 6).

use serde::Serialize;

use super::Db;
use super::catalogue::unknown_id;
use super::quotas::Quota;
use crate::error::{Error, Result};
use crate::execution::functions::{BuiltIn, Run};
use crate::execution::store::Store;
use crate::log::proto::Change;
use crate::segment::RecordChange;
use crate::sysdb::{CollectionRow, FunctionRow, encode_function, encode_info};
use crate::types::{
    AttachFunction, AttachedFunction, CollectionConfiguration, CollectionId, CollectionRef, Operation,
    OperationRecord, RecordSet, validation,
};

/// A function that is to be called back, and the collection whose changes it has not seen yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingFunction {
    pub tenant: String,
    pub database: String,
    pub collection: CollectionId,
    pub function: AttachedFunction,
}

impl Db {
    /// Attaches a function to a collection; answers it, and whether it was not attached before. `callbacks` are the names of functions that
    /// the caller has, beside those of the engine.
    ///
    /// # Errors
    /// `NotFound` for the collection or the function, `AlreadyExists` for another function of that name and for the output collection.
    pub async fn attach_function(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: AttachFunction,
        callbacks: &[String],
    ) -> Result<(AttachedFunction, bool)> {
        let id = CollectionRef::parse(collection)?.current()?;
        if request.name.is_empty() {
            return Err(Error::validation("name", "a function needs a name"));
        }
        validation::collection_name("output_collection", &request.output_collection)?;
        if BuiltIn::named(&request.function_id).is_none() && !callbacks.contains(&request.function_id) {
            return Err(Error::NotFound(format!("Function [{}] not found", request.function_id)));
        }
        let store = self.store();
        let _naming = store.naming.lock().await;
        let row = self.row(tenant, database, id)?;
        let params = request.params.as_ref().map(ToString::to_string);
        if let Some(other) = find(&row, &request.name) {
            let known = &other.function;
            let is_same = known.function_name == request.function_id
                && known.output_collection == request.output_collection
                && known.params == params;
            return match is_same {
                true => Ok((known.clone(), false)),
                false => {
                    Err(Error::AlreadyExists(format!("Function [{}] is attached already", request.name)))
                }
            };
        }
        if store.catalog.borrow().row_by_name(row.database, &request.output_collection).is_some() {
            let output = request.output_collection;
            return Err(Error::AlreadyExists(format!("Output collection [{output}] already exists")));
        }
        let function = AttachedFunction {
            id: self.new_uuid(),
            name: request.name,
            function_name: request.function_id,
            output_collection: request.output_collection,
            output_collection_id: None,
            params,
            completion_offset: 0,
        };
        let attached = FunctionRow { function: function.clone(), base: None };
        store.change(Change::PutFunction(encode_function(id, &attached))).await?;
        Ok((function, true))
    }

    /// A function that is attached to a collection.
    pub fn attached_function(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        name: &str,
    ) -> Result<AttachedFunction> {
        let row = self.row(tenant, database, CollectionRef::parse(collection)?.id)?;
        find(&row, name).map(|row| row.function.clone()).ok_or_else(unknown)
    }

    /// Detaches a function from a collection. Its output stays unless it is to be deleted.
    pub async fn detach_function(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        name: &str,
        delete_output: bool,
    ) -> Result<()> {
        let id = CollectionRef::parse(collection)?.current()?;
        let store = self.store();
        let _naming = store.naming.lock().await;
        let row = self.row(tenant, database, id)?;
        let attached = find(&row, name).ok_or_else(unknown)?;
        store.change(Change::DeleteFunction(encode_function(id, attached))).await?;
        let output = attached.function.output_collection_id.filter(|_| delete_output);
        if let Some(output) = output.filter(|output| store.catalog.borrow().row(*output).is_some()) {
            store.change(Change::DeleteCollection(output.0.as_bytes().to_vec())).await?;
        }
        Ok(())
    }

    /// Runs the functions of the engine over what compactions have brought into their collections: all of them, whichever fails. The first
    /// error is answered.
    pub(super) async fn run_functions(&self) -> Result<()> {
        let mut outcome = Ok(());
        for (input, function) in self.store().functions_behind() {
            if let Some(built_in) = BuiltIn::named(&function.function.function_name) {
                outcome = outcome.and(self.run_built_in(input, &function, built_in).await);
            }
        }
        outcome
    }

    async fn run_built_in(
        &self,
        input: CollectionId,
        function: &FunctionRow,
        built_in: BuiltIn,
    ) -> Result<()> {
        let store = self.store();
        let Some(state) = store.collection(input) else { return Ok(()) };
        let Some(mut run) = Run::begin(&store, &state, function, false).await? else { return Ok(()) };
        let output = function.function.output_collection_id.and_then(|id| store.collection(id));
        let operations = built_in.run(&mut run, output.as_deref()).await?;
        self.finish_run(run, operations).await
    }

    /// The functions with one of these names whose collections have changed.
    pub fn pending_functions(&self, callbacks: &[String]) -> Vec<PendingFunction> {
        let store = self.store();
        let behind = store.functions_behind();
        let catalog = store.catalog.borrow();
        let meant = behind.into_iter().filter(|(_, row)| callbacks.contains(&row.function.function_name));
        let pending = meant.filter_map(|(id, row)| {
            let shown = catalog.show(catalog.row(id)?).ok()?;
            Some(PendingFunction {
                tenant: shown.tenant,
                database: shown.database,
                collection: id,
                function: row.function,
            })
        });
        pending.collect()
    }

    /// Begins a run of a function that is called back; answers a number for what follows, `None` if nothing has changed.
    pub async fn begin_function(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        name: &str,
    ) -> Result<Option<u32>> {
        let id = CollectionRef::parse(collection)?.current()?;
        let row = self.row(tenant, database, id)?;
        let attached = find(&row, name).ok_or_else(unknown)?;
        let state = self.state(tenant, database, id)?;
        let Some(run) = Run::begin(&self.store(), &state, attached, true).await? else { return Ok(None) };
        let number = self.next_number();
        self.inner.runs.borrow_mut().insert(number, run);
        Ok(Some(number))
    }

    /// The next records that have changed; none at the end.
    pub async fn next_changes(&self, number: u32) -> Result<Vec<RecordChange>> {
        let mut run = self.take_run(number)?;
        let changes = run.next().await;
        self.inner.runs.borrow_mut().insert(number, run);
        changes
    }

    /// Ends a run: writes its output, or with none gives it up, so that the next run sees the same changes again.
    pub async fn finish_function(
        &self,
        number: u32,
        output: Option<(Option<RecordSet>, Vec<String>)>,
    ) -> Result<()> {
        let run = self.take_run(number)?;
        let Some((upserted, deleted)) = output else { return Ok(()) };
        let mut operations: Vec<OperationRecord> =
            deleted.into_iter().map(OperationRecord::deletion).collect();
        if let Some(records) = upserted {
            validation::record_set(&records, Operation::Upsert, None)?;
            operations.extend(records.into_operations(Operation::Upsert));
        }
        self.finish_run(run, operations).await
    }

    fn take_run(&self, number: u32) -> Result<Run> {
        let run = self.inner.runs.borrow_mut().remove(&number);
        run.ok_or_else(|| Error::NotFound(format!("there is no run {number} of a function")))
    }

    /// Writes the output of a run to its collection, which is made for the first one.
    async fn finish_run(&self, mut run: Run, operations: Vec<OperationRecord>) -> Result<()> {
        let store = self.store();
        let output = self.output_of(&store, &mut run).await?;
        let state = store.collection(output).ok_or_else(|| unknown_id(output))?;
        run.finish(&store, &state, operations).await
    }

    async fn output_of(&self, store: &std::rc::Rc<Store>, run: &mut Run) -> Result<CollectionId> {
        let function = &mut run.function.function;
        let _naming = store.naming.lock().await;
        let (known, database) = {
            let catalog = store.catalog.borrow();
            let known = function.output_collection_id.filter(|id| catalog.row(*id).is_some());
            (known, catalog.row(run.input).map(|row| row.database))
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let database = database.ok_or_else(|| unknown_id(run.input))?;
        let name = function.output_collection.clone();
        let taken = store.catalog.borrow().row_by_name(database, &name).map(|row| row.id);
        let id = match taken {
            // Made for a run that did not come to its end.
            Some(id) => id,
            None => {
                let count = store.catalog.borrow().rows_of(database).len() + 1;
                self.quotas().check_new(Quota::Collections, "Create Collection", &name, count)?;
                let id = CollectionId(self.new_uuid());
                let row = CollectionRow::new(id, name, database, CollectionConfiguration::default());
                store.change(Change::PutCollection(encode_info(&row))).await?;
                id
            }
        };
        function.output_collection_id = Some(id);
        Ok(id)
    }
}

fn find<'a>(row: &'a CollectionRow, name: &str) -> Option<&'a FunctionRow> {
    row.functions.iter().find(|attached| attached.function.name == name)
}

/// As Chroma says it, which names no function.
fn unknown() -> Error {
    Error::NotFound("Attached function not found".into())
}
