//! Every method, once.

use crate::clock::BoxFuture;
use crate::error::Result;
use crate::rpc::{
    Call, Reply, audit, emergency, grant, notification, policy, principal, request, system,
    template, tenant, token, webhook,
};

/// What a method does.
pub(super) type Handler = fn(Call) -> BoxFuture<'static, Result<Reply>>;

/// A method.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Whether it can be called without a token.
    pub open: bool,
    /// Whether it exists on test databases only.
    pub test_only: bool,
    /// What it does.
    pub handler: Handler,
}

/// A method's handler, boxed.
macro_rules! handled {
    ($handler:path) => {
        |call| Box::pin(async move { $handler(call).await.map(Reply::from) })
    };
}

/// A method that takes a token.
const fn method(name: &'static str, handler: Handler) -> Method {
    Method {
        name,
        open: false,
        test_only: false,
        handler,
    }
}

/// A method that anybody may call.
const fn open(name: &'static str, handler: Handler) -> Method {
    Method {
        open: true,
        ..method(name, handler)
    }
}

/// A method that exists on test databases only.
const fn test_only(name: &'static str, handler: Handler) -> Method {
    Method {
        test_only: true,
        ..method(name, handler)
    }
}

/// Every method.
pub const METHODS: &[Method] = &[
    open("rpc.discover", handled!(system::discover)),
    open("system.info", handled!(system::info)),
    method("session.whoami", handled!(system::whoami)),
    method("system.setLogLevel", handled!(system::set_log_level)),
    method("system.backup", handled!(system::back_up)),
    test_only("clock.advance", handled!(system::advance_clock)),
    method("tenant.create", handled!(tenant::create)),
    method("tenant.invite", handled!(tenant::invite)),
    open("tenant.claim", handled!(tenant::claim)),
    method("tenant.get", handled!(tenant::get)),
    method("tenant.list", handled!(tenant::list)),
    method("tenant.update", handled!(tenant::update)),
    method("tenant.suspend", handled!(tenant::suspend)),
    method("tenant.resume", handled!(tenant::resume)),
    method("principal.create", handled!(principal::create)),
    method("principal.invite", handled!(principal::invite)),
    open("principal.enroll", handled!(principal::enroll)),
    method("principal.get", handled!(principal::get)),
    method("principal.list", handled!(principal::list)),
    method("principal.disable", handled!(principal::disable)),
    method("principal.enable", handled!(principal::enable)),
    method("role.assign", handled!(principal::assign_role)),
    method("role.remove", handled!(principal::remove_role)),
    method("role.list", handled!(principal::list_roles)),
    method("token.issue", handled!(token::issue)),
    method("token.list", handled!(token::list)),
    method("token.revoke", handled!(token::revoke)),
    method("request.submit", handled!(request::submit)),
    method("request.review", handled!(request::review)),
    method("request.list", handled!(request::list)),
    method("request.get", handled!(request::get)),
    method("request.decide", handled!(request::decide)),
    method("request.withdraw", handled!(request::withdraw)),
    method("request.complete", handled!(request::complete)),
    method("request.history", handled!(request::history)),
    method("grant.get", handled!(grant::get)),
    method("grant.list", handled!(grant::list)),
    method("grant.check", handled!(grant::check)),
    method("grant.revoke", handled!(grant::revoke)),
    method("activity.record", handled!(grant::record_activity)),
    method("emergency.declare", handled!(emergency::declare)),
    method("emergency.confirm", handled!(emergency::confirm)),
    method("emergency.report", handled!(emergency::report)),
    method("emergency.acknowledge", handled!(emergency::acknowledge)),
    method("emergency.list", handled!(emergency::list)),
    method("policy.get", handled!(policy::get)),
    method("policy.put", handled!(policy::put)),
    method("policy.confirm", handled!(policy::confirm)),
    method("policy.history", handled!(policy::history)),
    method("policy.effective", handled!(policy::effective)),
    method("policy.simulate", handled!(policy::simulate)),
    method("policy.explain", handled!(policy::explain)),
    method("notification.list", handled!(notification::list)),
    method("notification.retry", handled!(notification::retry)),
    method("notification.preview", handled!(notification::preview)),
    method("webhook.create", handled!(webhook::create)),
    method("webhook.list", handled!(webhook::list)),
    method("webhook.update", handled!(webhook::update)),
    method("webhook.rotate", handled!(webhook::rotate)),
    method("webhook.remove", handled!(webhook::remove)),
    method("template.put", handled!(template::put)),
    method("template.get", handled!(template::get)),
    method("template.list", handled!(template::list)),
    method("template.remove", handled!(template::remove)),
    method("audit.search", handled!(audit::search)),
    method("audit.get", handled!(audit::get)),
    method("audit.export", handled!(audit::export)),
];
