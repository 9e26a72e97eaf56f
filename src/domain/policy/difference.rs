//! What is different between two documents.
