//! What every call passes on its way in and out: it is counted, and leaves one line in the log.

use crate::auth::Context;
use crate::auth::peer::Peer;
use crate::error::Error;
use crate::ids::{OrgId, PrincipalId};
use crate::jsonrpc::{self, Call, ErrorObject, Handler};
use crate::rpc::{Reply, Rpc, errors};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Stands for every method that there is not.
const UNKNOWN: &str = "unknown";

/// The code of a call that has a result.
const OK: &str = "ok";

/// Who called, as far as that became known.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    principal: Option<PrincipalId>,
    org: Option<OrgId>,
}

impl Seen {
    pub(super) fn of(ctx: &Context) -> Self {
        let actor = ctx.actor.as_deref();
        Self {
            principal: actor.map(|actor| actor.principal.id),
            org: actor.map(|actor| actor.org.id),
        }
    }
}

/// The way in for the calls of one body.
pub(super) struct Door<'a> {
    rpc: Arc<Rpc>,
    authorization: Option<&'a str>,
    peer: Peer,
    calls: AtomicUsize,
}

impl<'a> Door<'a> {
    pub(super) fn new(rpc: Arc<Rpc>, authorization: Option<&'a str>, peer: Peer) -> Self {
        Self {
            rpc,
            authorization,
            peer,
            calls: AtomicUsize::new(0),
        }
    }

    /// All calls of the body are done.
    pub(super) fn close(self) {
        let calls = self.calls.into_inner();
        self.rpc.services.metrics().batch(calls);
    }

    fn now(&self) -> Duration {
        self.rpc.services.clock().monotonic()
    }

    /// One call is done. Nothing that the caller wrote is told: the method is one of ours.
    fn done(
        &self,
        method: &'static str,
        code: &'static str,
        took: Duration,
        bytes: usize,
        seen: Seen,
    ) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.rpc.services.metrics().call(method, code, took);
        tracing::info!(
            method,
            code,
            duration_ms = took.as_secs_f64() * 1_000.0,
            bytes,
            principal = seen.principal.map(display),
            organization = seen.org.map(display),
            via = self.peer.via.as_str(),
            peer = self.peer.address.map(display),
            uid = self.peer.uid,
            "call"
        );
    }
}

impl Handler for Door<'_> {
    type Answer = Reply;

    async fn call(&self, call: Call) -> Result<Reply, ErrorObject> {
        let began = self.now();
        let bytes = call.bytes;
        let mut seen = Seen::default();
        let Some(method) = self.rpc.method(&call.method) else {
            let error = ErrorObject::method_not_found(&call.method);
            self.done(UNKNOWN, "methodNotFound", Duration::ZERO, bytes, seen);
            return Err(error);
        };
        let params = call.params.unwrap_or_default();
        let outcome = Arc::clone(&self.rpc)
            .run(method, params, self.authorization, self.peer, &mut seen)
            .await;
        if let Some(internal) = outcome.as_ref().err().and_then(Error::internal_text) {
            tracing::error!(method = method.name, internal, "a call failed");
        }
        let code = outcome.as_ref().map_or_else(Error::code, |_| OK);
        let took = self.now().saturating_sub(began);
        self.done(method.name, code, took, bytes, seen);
        outcome.map_err(|error| errors::to_object(&error))
    }

    fn refused(&self, error: &ErrorObject, bytes: usize) {
        let code = match error.code {
            jsonrpc::PARSE_ERROR => "parseError",
            jsonrpc::INVALID_PARAMS => "invalidParams",
            _ => "invalidRequest",
        };
        self.done(UNKNOWN, code, Duration::ZERO, bytes, Seen::default());
    }
}
