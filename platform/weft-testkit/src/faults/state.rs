//! What a store of faults knows of itself: its script, its calls, and whether the process is gone.

use std::io;

use object_store::path::Path;
use object_store::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::script::{Call, Fault, Operation, Script};

const STORE: &str = "FaultStore";

/// How a call came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the store below said.
    Done,
    /// The store below said no.
    Failed(String),
    /// A fault, whatever it did.
    Faulted(Fault),
    /// There was nobody left to call.
    Dead,
}

/// One line of the history.
#[derive(Clone, Debug)]
pub struct Event {
    pub call: Call,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub(super) struct State {
    script: Mutex<Script>,
    history: Mutex<Vec<Event>>,
    calls: watch::Sender<u64>,
    dead: watch::Sender<bool>,
    /// What was put last.
    last_put: Mutex<Option<Path>>,
}

impl State {
    pub(super) fn new(script: Script) -> Self {
        State {
            script: Mutex::new(script),
            history: Mutex::default(),
            calls: watch::Sender::new(0),
            dead: watch::Sender::new(false),
            last_put: Mutex::default(),
        }
    }

    pub(super) fn follow(&self, script: Script) {
        *self.script.lock() = script;
    }

    pub(super) fn history(&self) -> Vec<Event> {
        self.history.lock().clone()
    }

    pub(super) fn calls(&self) -> watch::Receiver<u64> {
        self.calls.subscribe()
    }

    pub(super) fn death(&self) -> watch::Receiver<bool> {
        self.dead.subscribe()
    }

    pub(super) fn last_put(&self) -> Option<Path> {
        self.last_put.lock().clone()
    }

    /// Counts a call and does what goes wrong before it happens. The fault that is left is for the operation.
    pub(super) async fn enter(&self, operation: Operation, path: &Path) -> Result<(Call, Option<Fault>)> {
        let mut number = 0;
        self.calls.send_modify(|calls| {
            *calls += 1;
            number = *calls;
        });
        let call = Call { number, operation, path: path.clone() };
        if *self.dead.borrow() {
            return Err(self.gone(call).await);
        }
        let fault = self.script.lock().fault(&call);
        match fault {
            Some(Fault::ErrorBefore) => Err(self.told(call, Fault::ErrorBefore, "the connection was reset".into())),
            Some(Fault::Throttle) => Err(self.told(call, Fault::Throttle, "503 Slow Down".into())),
            Some(Fault::Full) => {
                let full = io::Error::new(io::ErrorKind::StorageFull, "no space left on device");
                Err(self.told(call, Fault::Full, full.into()))
            }
            Some(Fault::DieBefore) => {
                self.dead.send_replace(true);
                Err(self.gone(call).await)
            }
            Some(Fault::Delay(turns)) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                Ok((call, fault))
            }
            _ => Ok((call, fault)),
        }
    }

    /// Does what goes wrong after the call happened, and notes how it came out.
    pub(super) async fn leave<T>(&self, call: Call, fault: Option<Fault>, result: Result<T>) -> Result<T> {
        if result.is_ok() && matches!(call.operation, Operation::Put | Operation::Upload) {
            *self.last_put.lock() = Some(call.path.clone());
        }
        match (fault, &result) {
            (Some(Fault::DieAfter), _) => {
                self.dead.send_replace(true);
                Err(self.gone(call).await)
            }
            (_, _) if *self.dead.borrow() => Err(self.gone(call).await),
            (Some(Fault::ErrorAfter), Ok(_)) => Err(self.told(call, Fault::ErrorAfter, "the answer was lost".into())),
            (Some(fault), Ok(_)) => {
                self.note(call, Outcome::Faulted(fault));
                result
            }
            (None, Ok(_)) => {
                self.note(call, Outcome::Done);
                result
            }
            (_, Err(error)) => {
                self.note(call, Outcome::Failed(error.to_string()));
                result
            }
        }
    }

    fn told(&self, call: Call, fault: Fault, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        self.note(call, Outcome::Faulted(fault));
        Error::Generic { store: STORE, source }
    }

    /// The error of a process that is gone. Whoever waits for the death hears of it first.
    async fn gone(&self, call: Call) -> Error {
        self.note(call, Outcome::Dead);
        tokio::task::yield_now().await;
        Error::Generic { store: STORE, source: "the process is gone".into() }
    }

    fn note(&self, call: Call, outcome: Outcome) {
        self.history.lock().push(Event { call, outcome });
    }
}
