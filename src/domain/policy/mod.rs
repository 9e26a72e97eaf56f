//! A tenant's policy: rules that judge a request when it arrives, and say how people are asked.
//!
//! Deny before approve before ask, whatever the order in the document. A document is compiled with
//! the zones that it names, which are values here; so judging reads no clock and no zone file.

pub mod document;
pub mod effective;
pub mod stored;
