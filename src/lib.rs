//! Customer Lockbox.
#![allow(missing_docs)]

pub mod audit;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod contract;
pub mod crypto;
pub mod daemon;
pub mod domain;
pub mod error;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod jsonrpc;
pub mod rpc;
pub mod service;
pub mod store;
pub mod telemetry;
