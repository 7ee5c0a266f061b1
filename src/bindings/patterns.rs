//! Regular expressions in a module of their own, behind a JavaScript object (`pkg/src/engine/patterns.ts`).

use wasm_bindgen::prelude::*;

use crate::limits::{MAX_PATTERN_DEPTH, MAX_PATTERN_PROGRAM_BYTES, PATTERN_CACHE_BYTES};
use crate::text::{Answer, PatternHost};

#[wasm_bindgen]
extern "C" {
    /// The loaded module.
    pub type PatternModule;

    #[wasm_bindgen(method)]
    fn compile(
        this: &PatternModule,
        source: &str,
        program_bytes: usize,
        cache_bytes: usize,
        depth: u32,
    ) -> i32;

    #[wasm_bindgen(method)]
    fn answer(this: &PatternModule) -> Vec<u8>;

    #[wasm_bindgen(method, js_name = isMatch)]
    fn is_match(this: &PatternModule, handle: u32, address: usize, length: usize) -> i32;

    #[wasm_bindgen(method)]
    fn release(this: &PatternModule, handle: u32);
}

impl PatternHost for PatternModule {
    fn compile(&self, source: &str) -> Answer {
        match self.compile(source, MAX_PATTERN_PROGRAM_BYTES, PATTERN_CACHE_BYTES, MAX_PATTERN_DEPTH) {
            -1 => Answer::Fault(String::from_utf8_lossy(&self.answer()).into_owned()),
            handle if handle < 0 => Answer::TooLarge,
            handle => Answer::Compiled { handle: handle as u32, answer: self.answer() },
        }
    }

    fn is_match(&self, handle: u32, text: &str) -> Option<bool> {
        match self.is_match(handle, text.as_ptr() as usize, text.len()) {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn release(&self, handle: u32) {
        self.release(handle);
    }
}
