//! The service without its network: what is said becomes stored facts and fresh scores, in one transaction.
//!
//! It knows the store and the meaning of a score; it knows no HTTP, no files and no clock.

pub mod fact;
pub mod wire;
