//! No verb of every day reads a whole table.
