//! From the bytes of a request to facts: what is said, in every form in which it is said.
//!
//! Everything here is a pure function of bytes that are unpacked already and of the time at which they arrived. It
//! never panics, whatever the bytes are, and it never looks anything up: whether a contact is known, or an activity
//! was there before, is asked elsewhere.
//!
//! ```text
//! bytes ── body ──> items ── native, segment, cloud_events (members, flat, time) ──> facts ── bounds ──> Item
//! ```
//!
//! Items stand by themselves: one that is refused takes none of its neighbours with it. Only a body that cannot be
//! read at all is refused as a whole.

mod body;
pub mod bounds;
pub mod cloud_events;
mod flat;
mod members;
pub mod native;
pub mod segment;
mod text;
mod time;

use crate::fact::{Fact, Refusal};

/// What one item of a body says, in the order in which it is to be taken: nothing, a fact, or a few.
pub type Item = Result<Vec<Fact>, Refusal>;
