//! Customer Lockbox.
#![allow(missing_docs)]

pub mod audit;
pub mod auth;
pub mod clock;
pub mod contract;
pub mod crypto;
pub mod domain;
pub mod error;
pub mod http;
pub mod ids;
pub mod jsonrpc;
pub mod rpc;
pub mod service;
pub mod store;
