//! The service without its network: what is said becomes stored facts and fresh scores, in one transaction.
//!
//! It knows the store and the meaning of a score; it knows no HTTP, no files and no clock.

pub mod about;
mod apply;
mod desk;
mod documents;
mod dossier;
mod erased;
pub mod error;
mod evaluate;
pub mod fact;
mod finish;
mod hot;
pub mod index;
pub mod latest;
pub mod list;
mod midnight;
pub mod models;
mod name;
pub mod once;
pub mod overview;
mod people;
mod persons;
pub mod pipeline;
pub mod publish;
mod ranks;
mod refresh;
pub mod sample;
pub mod service;
mod settle;
pub mod several;
pub mod spread;
pub mod take;
pub mod trial;
pub mod undo;
pub mod verify;
mod warm;
pub mod wire;
