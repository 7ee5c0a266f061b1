//! Encryption by JavaScript objects around WebCrypto (`pkg/src/engine/encryption.ts`).

use std::rc::Rc;

use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::error::StorageError;
use crate::storage::{Cipher, Lock, Pending};

#[wasm_bindgen]
extern "C" {
    pub type StoreLock;

    #[wasm_bindgen(method)]
    fn create(this: &StoreLock) -> Promise;

    #[wasm_bindgen(method)]
    fn unlock(this: &StoreLock, header: Uint8Array) -> Promise;

    type Sealer;

    #[wasm_bindgen(method)]
    fn seal(this: &Sealer, place: Uint8Array, plain: Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    fn open(this: &Sealer, place: Uint8Array, sealed: Uint8Array) -> Promise;
}

impl Lock for StoreLock {
    fn create(&self) -> Pending<'_, (Rc<dyn Cipher>, Vec<u8>)> {
        let created = self.create();
        Box::pin(async move {
            let created = settled(created).await?;
            let sealer = Reflect::get(&created, &"sealer".into()).map_err(failed)?;
            let header = Reflect::get(&created, &"header".into()).map_err(failed)?;
            let cipher: Rc<dyn Cipher> = Rc::new(sealer.unchecked_into::<Sealer>());
            Ok((cipher, Uint8Array::new(&header).to_vec()))
        })
    }

    fn unlock<'a>(&'a self, header: &'a [u8]) -> Pending<'a, Option<Rc<dyn Cipher>>> {
        let unlocked = self.unlock(header.into());
        Box::pin(async move {
            let sealer = settled(unlocked).await?;
            Ok(sealer.is_object().then(|| Rc::new(sealer.unchecked_into::<Sealer>()) as Rc<dyn Cipher>))
        })
    }
}

impl Cipher for Sealer {
    fn seal<'a>(&'a self, place: &'a [u8], plain: &'a [u8]) -> Pending<'a, Vec<u8>> {
        let sealed = self.seal(place.into(), plain.into());
        Box::pin(async move { Ok(Uint8Array::new(&settled(sealed).await?).to_vec()) })
    }

    fn open<'a>(&'a self, place: &'a [u8], sealed: &'a [u8]) -> Pending<'a, Option<Vec<u8>>> {
        let opened = self.open(place.into(), sealed.into());
        Box::pin(async move {
            let plain = settled(opened).await?;
            Ok(plain.is_object().then(|| Uint8Array::new(&plain).to_vec()))
        })
    }
}

async fn settled(promise: Promise) -> Result<JsValue, StorageError> {
    JsFuture::from(promise).await.map_err(failed)
}

fn failed(error: JsValue) -> StorageError {
    let message = Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    StorageError::failed("encrypting", message.unwrap_or_default())
}
