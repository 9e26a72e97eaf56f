//! The method table and the wire types; thin: parse, one service call, shape.

mod audit;
mod cursor;
mod door;
mod emergency;
mod errors;
mod grant;
mod notification;
pub(crate) mod policy;
mod principal;
mod request;
mod system;
mod table;
mod template;
mod tenant;
mod token;
mod webhook;
mod wire;

pub use errors::number;
pub use table::{METHODS, Method};

use crate::audit::canonical_json;
use crate::auth::peer::Peer;
use crate::auth::{CallKey, Context};
use crate::contract::Contract;
use crate::crypto::sha256;
use crate::error::{Error, Result};
use crate::jsonrpc;
use crate::service::Services;
use door::{Door, Seen};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Everything behind `POST /rpc`.
pub struct Rpc {
    services: Arc<Services>,
    contract: Contract,
    limits: jsonrpc::Limits,
    /// Whether this is a test database, whose clock can be moved.
    test_clock: bool,
    openrpc: Value,
}

/// One call on its way to its handler.
pub struct Call {
    /// Everything behind `POST /rpc`.
    pub rpc: Arc<Rpc>,
    /// Who calls.
    pub ctx: Context,
    /// The validated params, by name.
    pub params: Value,
}

/// The result of a call.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// As a value.
    Value(Value),
    /// As text, written once: for results that are large or asked for often.
    Text(Box<RawValue>),
}

impl Reply {
    /// Writes a result.
    ///
    /// # Errors
    /// Where it cannot be JSON: a fault of ours.
    pub fn write(result: &impl Serialize) -> Result<Self> {
        to_raw_value(result)
            .map(Self::Text)
            .map_err(Error::internal)
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Call {
    /// The use cases.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.rpc.services
    }

    /// The params as their type. The schema has been checked before, so a failure is ours, or a
    /// value that the schema cannot judge.
    ///
    /// # Errors
    /// Where a value does not read as what it should be.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.params)
            .map_err(|error| Error::invalid_param("", error.to_string(), "params as documented"))
    }
}

impl Rpc {
    /// The methods over the use cases.
    #[must_use]
    pub fn new(
        services: Services,
        contract: Contract,
        limits: jsonrpc::Limits,
        test_clock: bool,
        server_url: &str,
    ) -> Self {
        let openrpc = contract.openrpc(env!("CARGO_PKG_VERSION"), server_url, |spec| {
            test_clock || !spec.test_only
        });
        Self {
            services: Arc::new(services),
            contract,
            limits,
            test_clock,
            openrpc,
        }
    }

    /// The use cases, for whoever outlives a call.
    #[must_use]
    pub fn shared_services(&self) -> Arc<Services> {
        Arc::clone(&self.services)
    }

    /// The use cases.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The OpenRPC document.
    #[must_use]
    pub fn openrpc(&self) -> &Value {
        &self.openrpc
    }

    /// Executes what a body asks for; `None` where there is nothing to answer.
    pub async fn handle(
        self: Arc<Self>,
        body: &[u8],
        authorization: Option<&str>,
        peer: Peer,
    ) -> Option<Vec<u8>> {
        let limits = self.limits;
        let door = Door::new(self, authorization, peer);
        let answer = jsonrpc::process(body, &limits, &door).await;
        door.close();
        answer
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        METHODS
            .iter()
            .find(|method| method.name == name && (self.test_clock || !method.test_only))
    }

    async fn run(
        self: Arc<Self>,
        method: &'static Method,
        params: Map<String, Value>,
        authorization: Option<&str>,
        peer: Peer,
        seen: &mut Seen,
    ) -> Result<Reply> {
        let mut ctx = if method.open {
            self.services.open_context(method.name, peer)
        } else {
            let ctx = self
                .services
                .context(method.name, authorization, peer)
                .await?;
            self.services.require_actor(&ctx)?;
            *seen = Seen::of(&ctx);
            ctx
        };
        let mut params = Value::Object(params);
        self.contract.validate_params(method.name, &params)?;
        let key = params
            .as_object_mut()
            .and_then(|params| params.shift_remove("idempotencyKey"));
        if let Some(Value::String(key)) = key {
            let digest = sha256(&[&canonical_json(&params)?]);
            ctx.key = Some(CallKey { key, digest });
        }
        (method.handler)(Call {
            rpc: self,
            ctx,
            params,
        })
        .await
    }
}
