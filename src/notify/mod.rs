//! Delivers what was committed.
