//! What the WebAssembly module exports, without glue: numbers and its memory.
//!
//! A caller puts bytes into the buffer that [`buffer`] makes room in, and finds longer answers where [`output`] says. Functions that can fail
//! answer −1, and the output is then `{"name", "message"}`. Texts are JSON.

mod publishing;
mod reading;

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use publishing::Builder;
use reading::{Opened, Reading};

#[derive(Default)]
struct State {
    input: Vec<u8>,
    output: Vec<u8>,
    snapshots: Slots<Opened>,
    readings: Slots<Reading>,
    builders: Slots<Builder>,
}

/// Things by their handles.
struct Slots<T>(Vec<Option<T>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    fn add(&mut self, thing: T) -> i32 {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free == self.0.len() {
            self.0.push(None);
        }
        self.0[free] = Some(thing);
        free as i32
    }

    fn get(&mut self, handle: i32) -> Result<&mut T> {
        let place = usize::try_from(handle).ok().and_then(|handle| self.0.get_mut(handle));
        place.and_then(Option::as_mut).ok_or_else(|| Error::invalid("it was closed"))
    }

    fn take(&mut self, handle: i32) -> Option<T> {
        let place = usize::try_from(handle).ok().and_then(|handle| self.0.get_mut(handle));
        place.and_then(Option::take)
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Runs `work`, whose error is told by −1 and the output.
fn with(work: impl FnOnce(&mut State) -> Result<i32>) -> i32 {
    STATE.with_borrow_mut(|state| {
        work(state).unwrap_or_else(|error| {
            state.output =
                json!({ "name": error.name(), "message": error.to_string() }).to_string().into_bytes();
            -1
        })
    })
}

impl State {
    fn json(&self, length: usize) -> Result<Value> {
        let text = self.input.get(..length).unwrap_or_default();
        serde_json::from_slice(text)
            .map_err(|error| Error::invalid(format!("a request that is no JSON: {error}")))
    }

    fn answer(&mut self, value: &Value) {
        self.output = value.to_string().into_bytes();
    }
}

/// Room for an input of so many bytes; the address of the first.
#[unsafe(no_mangle)]
extern "C" fn buffer(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.input.resize(length, 0);
        state.input.as_mut_ptr()
    })
}

/// Address of the last longer answer.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    STATE.with_borrow(|state| state.output.as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    STATE.with_borrow(|state| state.output.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
