//! The audit leaf.

pub mod draft;
