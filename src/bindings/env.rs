//! Clock, randomness and pauses from the JavaScript host.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::env::{Env, Reads};

/// The environment of a browser, worker, Node or edge runtime.
pub struct JsEnv {
    waiting: Rc<RefCell<VecDeque<oneshot::Sender<()>>>>,
    turn: Turn,
    timer: Option<Function>,
    reads: Reads,
}

/// How the host is asked for one turn of its event loop.
enum Turn {
    /// `setImmediate` (Node) or `setTimeout`, called with the callback.
    Call { function: Function, callback: Closure<dyn FnMut()> },
    /// A message to ourselves: browsers hold back nested timers for 4 ms, but not messages. The port that receives it is
    /// held, too: workerd collects one that only the other end knows, and the message would never arrive.
    Message { post: Function, port: JsValue, _receiver: JsValue, _callback: Closure<dyn FnMut()> },
}

impl JsEnv {
    pub fn new() -> Self {
        let waiting = Rc::new(RefCell::new(VecDeque::<oneshot::Sender<()>>::new()));
        let queue = Rc::clone(&waiting);
        let callback = Closure::<dyn FnMut()>::new(move || {
            let next = queue.borrow_mut().pop_front();
            if let Some(next) = next {
                // Whoever paused may have gone away.
                let _ = next.send(());
            }
        });
        Self { waiting, turn: Turn::of_host(callback), timer: of_host("setTimeout"), reads: Reads::default() }
    }
}

impl Turn {
    fn of_host(callback: Closure<dyn FnMut()>) -> Self {
        if let Some(function) = of_host("setImmediate") {
            return Turn::Call { function, callback };
        }
        if let Some((post, port, receiver)) =
            of_host("MessageChannel").and_then(|channel| connect(&channel, &callback))
        {
            return Turn::Message { post, port, _receiver: receiver, _callback: callback };
        }
        let never = || Function::new_no_args("");
        Turn::Call { function: of_host("setTimeout").unwrap_or_else(never), callback }
    }

    fn ask(&self) {
        // Neither call can fail on a host that has the function at all.
        let _ = match self {
            Turn::Call { function, callback } => function.call1(&JsValue::UNDEFINED, callback.as_ref()),
            Turn::Message { post, port, .. } => post.call1(port, &JsValue::NULL),
        };
    }
}

fn of_host(name: &str) -> Option<Function> {
    Reflect::get(&js_sys::global(), &name.into()).ok()?.dyn_into().ok()
}

/// Creates a message channel whose one end calls `callback`; returns how to post, the end to post to, and the one that receives.
fn connect(channel: &Function, callback: &Closure<dyn FnMut()>) -> Option<(Function, JsValue, JsValue)> {
    let channel = Reflect::construct(channel, &js_sys::Array::new()).ok()?;
    let receiver = Reflect::get(&channel, &"port1".into()).ok()?;
    Reflect::set(&receiver, &"onmessage".into(), callback.as_ref()).ok()?;
    let port = Reflect::get(&channel, &"port2".into()).ok()?;
    let post = Reflect::get(&port, &"postMessage".into()).ok()?.dyn_into().ok()?;
    Some((post, port, receiver))
}

impl Env for JsEnv {
    fn now_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    fn random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("every JavaScript host has crypto.getRandomValues");
    }

    fn reads(&self) -> Option<&Reads> {
        Some(&self.reads)
    }

    fn sleep(&self, ms: f64) -> LocalBoxFuture<'_, ()> {
        let Some(timer) = &self.timer else { return self.pause() };
        let (done, woken) = oneshot::channel::<()>();
        let wake = Closure::once_into_js(move || drop(done));
        let _ = timer.call2(&JsValue::UNDEFINED, &wake, &ms.into());
        Box::pin(async move {
            let _ = woken.await;
        })
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        let (done, turn) = oneshot::channel();
        self.waiting.borrow_mut().push_back(done);
        self.turn.ask();
        Box::pin(async move {
            // Cancelled only when the environment itself is dropped.
            let _ = turn.await;
        })
    }
}
