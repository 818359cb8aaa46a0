//! What is between us and the server.
