//! What the WebAssembly module exports, without glue: numbers and its memory.
//!
//! A caller puts text into the buffer that [`buffer`] makes room in, and finds longer answers where [`output`] says.

use std::cell::RefCell;

use crate::{Fault, Limits, Program};

#[derive(Default)]
struct State {
    /// By their handles; `None` where one was released.
    programs: Vec<Option<Program>>,
    input: Vec<u8>,
    output: Vec<u8>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(work)
}

/// Room for an input of so many bytes; the address of the first.
#[unsafe(no_mangle)]
extern "C" fn buffer(length: usize) -> *mut u8 {
    with(|state| {
        state.input.resize(length, 0);
        state.input.as_mut_ptr()
    })
}

/// Address of the last longer answer.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    with(|state| state.output.as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    with(|state| state.output.len())
}

/// Compiles the input. Answers a handle, and the output is a byte that says whether it is a literal, the bytes that it takes (u32,
/// little-endian) and its requirement; or −1 for a pattern whose fault is the output, −2 for one that is too large.
#[unsafe(no_mangle)]
extern "C" fn compile(program_bytes: usize, cache_bytes: usize, depth: u32) -> i32 {
    with(|state| {
        let source = String::from_utf8_lossy(&state.input);
        match Program::new(&source, Limits { program_bytes, cache_bytes, depth }) {
            Ok(program) => {
                state.output = vec![u8::from(program.is_literal())];
                state.output.extend_from_slice(&(program.bytes() as u32).to_le_bytes());
                state.output.extend_from_slice(&program.requirement().to_bytes());
                let free = state.programs.iter().position(Option::is_none);
                let place = free.unwrap_or(state.programs.len());
                if free.is_none() {
                    state.programs.push(None);
                }
                state.programs[place] = Some(program);
                place as i32
            }
            Err(Fault::Syntax(message)) => {
                state.output = message.into_bytes();
                -1
            }
            Err(Fault::TooLarge) => -2,
        }
    })
}

/// Whether a pattern matches the first `length` bytes of the input: 1, 0, or −1 where there is no such pattern or text.
#[unsafe(no_mangle)]
extern "C" fn is_match(handle: usize, length: usize) -> i32 {
    with(|state| {
        let program = state.programs.get(handle).and_then(Option::as_ref);
        let text = state.input.get(..length).and_then(|text| std::str::from_utf8(text).ok());
        match (program, text) {
            (Some(program), Some(text)) => i32::from(program.is_match(text)),
            _ => -1,
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn release(handle: usize) {
    with(|state| {
        if let Some(program) = state.programs.get_mut(handle) {
            *program = None;
        }
    });
}
