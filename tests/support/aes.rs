//! AES-GCM as browsers have it, for stores that are encrypted natively.

use std::rc::Rc;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use chromatid::env::Env;
use chromatid::storage::{Cipher, Lock, Pending};
use futures::future::ready;

pub struct Aes {
    cipher: Aes256Gcm,
    env: Rc<dyn Env>,
}

impl Aes {
    fn new(key: &[u8], env: &Rc<dyn Env>) -> Self {
        Self { cipher: Aes256Gcm::new_from_slice(key).expect("a key of 32 bytes"), env: Rc::clone(env) }
    }

    fn seal_now(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        self.env.random(&mut nonce);
        let payload = Payload { msg: plain, aad: place };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).expect("it fits");
        [nonce.as_slice(), &sealed].concat()
    }

    fn open_now(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<12>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: rest, aad: place }).ok()
    }
}

impl Cipher for Aes {
    fn seal<'a>(&'a self, place: &'a [u8], plain: &'a [u8]) -> Pending<'a, Vec<u8>> {
        Box::pin(ready(Ok(self.seal_now(place, plain))))
    }

    fn open<'a>(&'a self, place: &'a [u8], sealed: &'a [u8]) -> Pending<'a, Option<Vec<u8>>> {
        Box::pin(ready(Ok(self.open_now(place, sealed))))
    }
}

/// The key of a caller.
pub struct Key {
    pub bytes: [u8; 32],
    pub env: Rc<dyn Env>,
}

impl Lock for Key {
    fn create(&self) -> Pending<'_, (Rc<dyn Cipher>, Vec<u8>)> {
        let mut key = [0; 32];
        self.env.random(&mut key);
        let header = Aes::new(&self.bytes, &self.env).seal_now(b"key", &key);
        let cipher: Rc<dyn Cipher> = Rc::new(Aes::new(&key, &self.env));
        Box::pin(ready(Ok((cipher, header))))
    }

    fn unlock<'a>(&'a self, header: &'a [u8]) -> Pending<'a, Option<Rc<dyn Cipher>>> {
        let key = Aes::new(&self.bytes, &self.env).open_now(b"key", header);
        let cipher = key.map(|key| Rc::new(Aes::new(&key, &self.env)) as Rc<dyn Cipher>);
        Box::pin(ready(Ok(cipher)))
    }
}
