//! An object store that goes wrong as a script says, and remembers what was asked of it.

mod bodies;
mod script;
mod state;
mod store;
mod upload;

pub use script::{Call, Fault, Operation, Script};
pub use state::{Event, Outcome};
pub use store::FaultStore;

#[cfg(test)]
mod tests;
