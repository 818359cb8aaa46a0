//! The bytes of a request become facts, each by itself: what cannot be read is refused alone.
