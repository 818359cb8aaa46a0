//! Cases worked out by hand.
#![allow(clippy::unwrap_used)]
