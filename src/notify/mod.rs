//! Delivers what was committed.

pub mod webhook;
