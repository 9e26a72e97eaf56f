//! The audit leaf: what a record is, for ever.
//!
//! A use case writes a [`draft::Draft`]; the store gives it a place in its log and calls [`seal`],
//! which makes the canonical bytes. Those bytes *are* the record: their hash is the leaf of the
//! log's tree, and everything that people see is made from them, and from the personal values
//! beside them, by [`render`]. [`verify`] recomputes both.
//!
//! Never: a record that is changed after it was sealed; a float, or an integer of 2^53 and more,
//! in canonical bytes; a personal value in canonical bytes other than as a salted commitment; a
//! visible shape that is made anywhere but in [`render`].

pub mod address;
pub mod csv;
pub mod draft;
pub mod merkle;
pub mod operations;
pub mod personal;
mod record;
mod record_type_table;
pub mod record_types;
mod render;
mod seal;
pub mod text;
mod verify;

pub use crate::crypto::canonical::{self, canonical_json};
pub use draft::PersonalValue;
pub use merkle::leaf_hash;
pub use render::{Acted, View, Visible, act, render};
pub use seal::{MAX_CANONICAL_BYTES, MAX_INLINE_BYTES, Place, Sealed, seal};
pub use verify::{Verified, verify};

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod samples;
