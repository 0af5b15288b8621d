//! Whatever a process asks outside of itself may stop to answer. One law says when it is not asked any more, and when
//! it is again: [`Breaker`]. A [`Circuit`] is that law where many callers share it, and operators see its state.

mod breaker;
mod circuit;

pub use breaker::Breaker;
pub use circuit::Circuit;
