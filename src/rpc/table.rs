//! Every method, once.

use crate::clock::BoxFuture;
use crate::error::Result;
use crate::rpc::{Call, audit, grant, policy, principal, request, system, tenant, token};
use serde_json::Value;

/// A method.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Whether it can be called without a token.
    pub open: bool,
    /// Whether it exists on test databases only.
    pub test_only: bool,
    /// What it does.
    pub handler: fn(Call) -> BoxFuture<'static, Result<Value>>,
}

macro_rules! methods {
    ($($name:literal $(($flag:ident))? => $handler:path),+ $(,)?) => {
        &[$(Method {
            name: $name,
            handler: |call| Box::pin($handler(call)),
            ..methods!(@ $($flag)?)
        }),+]
    };
    (@) => { Method { name: "", open: false, test_only: false, handler: unreachable } };
    (@ open) => { Method { name: "", open: true, test_only: false, handler: unreachable } };
    (@ test) => { Method { name: "", open: false, test_only: true, handler: unreachable } };
}

/// Fills the table's pattern; every row names its own handler.
fn unreachable(_: Call) -> BoxFuture<'static, Result<Value>> {
    Box::pin(async { Err(crate::error::Error::internal("a method without a handler")) })
}

/// Every method.
pub const METHODS: &[Method] = methods![
    "rpc.discover" (open) => system::discover,
    "system.info" (open) => system::info,
    "session.whoami" => system::whoami,
    "clock.advance" (test) => system::advance_clock,
    "tenant.create" => tenant::create,
    "tenant.invite" => tenant::invite,
    "tenant.claim" (open) => tenant::claim,
    "tenant.get" => tenant::get,
    "tenant.list" => tenant::list,
    "tenant.update" => tenant::update,
    "tenant.suspend" => tenant::suspend,
    "tenant.resume" => tenant::resume,
    "principal.create" => principal::create,
    "principal.invite" => principal::invite,
    "principal.enroll" (open) => principal::enroll,
    "principal.get" => principal::get,
    "principal.list" => principal::list,
    "principal.disable" => principal::disable,
    "principal.enable" => principal::enable,
    "role.assign" => principal::assign_role,
    "role.remove" => principal::remove_role,
    "role.list" => principal::list_roles,
    "token.issue" => token::issue,
    "token.list" => token::list,
    "token.revoke" => token::revoke,
    "request.submit" => request::submit,
    "request.review" => request::review,
    "request.list" => request::list,
    "request.get" => request::get,
    "request.decide" => request::decide,
    "request.withdraw" => request::withdraw,
    "request.complete" => request::complete,
    "request.history" => request::history,
    "grant.get" => grant::get,
    "grant.list" => grant::list,
    "grant.check" => grant::check,
    "grant.revoke" => grant::revoke,
    "activity.record" => grant::record_activity,
    "policy.get" => policy::get,
    "policy.put" => policy::put,
    "audit.search" => audit::search,
    "audit.get" => audit::get,
    "audit.export" => audit::export,
];
