//! Drafts of audit records: who appears how, in whose log.

use crate::audit::draft::{ActorField, Draft, Elevation, Parameter, RequestLink, Shape, UserType};
use crate::auth::{Actor, Context};
use crate::clock::{Timestamp, When};
use crate::crypto::sha256;
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::{PersonKey, Principal};
use crate::domain::request::{Party, Request};
use crate::ids::RecordId;
use crate::service::policy::policy_party;

/// `RecordType` ExchangeAdmin, as the documented decision has it.
const EXCHANGE_ADMIN: u16 = 1;

/// Names that the operator can choose; they are written into the record, never rendered later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The service account under which decisions are recorded.
    pub service_account: String,
    /// The user under which an engineer's actions are recorded.
    pub operator: String,
    /// What the customer reads in place of an engineer's name.
    pub engineer: String,
    /// `OriginatingServer`
    pub server: String,
    /// `Workload`
    pub workload: String,
    /// The user under which the daemon's own acts are recorded.
    pub daemon: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            service_account: "BOXServiceAccount@lockbox.prod.outlook.com".to_owned(),
            operator: "Microsoft Operator".to_owned(),
            engineer: "Microsoft Engineer".to_owned(),
            server: concat!("lockboxd (", env!("CARGO_PKG_VERSION"), ")").to_owned(),
            workload: "Exchange".to_owned(),
            daemon: "lockboxd".to_owned(),
        }
    }
}

/// The stable pseudonym of one of the provider's people in a tenant.
#[must_use]
pub fn pseudonym(tenant: &Organization, key: &PersonKey) -> String {
    let digest = sha256(&[
        &tenant.pseudonym_key,
        key.issuer.as_bytes(),
        b"\0",
        key.subject.as_bytes(),
    ]);
    let mut text = hex::encode(digest);
    text.truncate(8);
    format!("engineer-{text}")
}

/// How a party is called in an organization's log or result.
#[must_use]
pub fn shown_name(log: &Organization, party: &Party) -> String {
    if log.kind == OrgKind::Tenant && party.org != log.id {
        pseudonym(log, &party.key)
    } else {
        party.name.clone()
    }
}

/// `Actor.Kind` of somebody.
pub(super) fn kind_of(principal: &Principal) -> &'static str {
    if principal.is_robot() {
        "robot"
    } else {
        "person"
    }
}

/// A parameter that names something of ours.
pub(super) fn named(name: &str, value: impl Into<String>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: value.into(),
        free_text: false,
    }
}

/// A parameter that somebody wrote, or that names somebody.
pub(super) fn written(name: &str, value: impl Into<String>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: value.into(),
        free_text: true,
    }
}

/// What a record says of the request that it belongs to.
pub(super) fn link(request: &Request) -> RequestLink {
    RequestLink {
        identity: request.identity,
        reference: request.reference.clone(),
        ticket: request.ask.ticket.clone(),
        terms_digest: request.terms_digest.clone(),
    }
}

impl Names {
    /// A record of the daemon's own act.
    pub(super) fn by_daemon(&self, log: &Organization, operation: &str, object: String) -> Draft {
        Draft {
            id: RecordId::new(),
            org: log.id,
            organization_name: log.name.clone(),
            shape: Shape::Decision,
            creation: When::COMMIT,
            operation: operation.to_owned(),
            record_type: EXCHANGE_ADMIN,
            succeeded: true,
            user: self.daemon.clone(),
            user_is_person: false,
            user_type: UserType::System,
            external_access: false,
            client_ip: String::new(),
            object_id: object,
            originating_server: self.server.clone(),
            workload: self.workload.clone(),
            parameters: Vec::new(),
            detail: String::new(),
            actor: ActorField {
                id: String::new(),
                name: self.daemon.clone(),
                provider_name: None,
                kind: "daemon".to_owned(),
                authentication: "daemon".to_owned(),
                via: "internal".to_owned(),
                token_id: None,
            },
            reported_by: None,
            request: None,
            elevation: None,
            moments: Vec::new(),
            salts: Vec::new(),
        }
    }

    /// A record of what a tenant's policy did, in the tenant's log.
    pub(super) fn by_policy(&self, log: &Organization, operation: &str, object: String) -> Draft {
        let party = policy_party(log.id);
        let draft = self.by_daemon(log, operation, object);
        Draft {
            user: party.name.clone(),
            user_type: UserType::Application,
            actor: ActorField {
                id: party.id.to_string(),
                name: party.name.clone(),
                kind: "robot".to_owned(),
                authentication: party.name,
                ..draft.actor
            },
            ..draft
        }
    }

    /// A record of the caller's act, in a log.
    pub(super) fn by_caller(
        &self,
        ctx: &Context,
        actor: &Actor,
        log: &Organization,
        operation: &str,
        object: String,
    ) -> Draft {
        let party = actor.party();
        let robot = actor.principal.is_robot();
        let outsider = actor.org.kind == OrgKind::Provider;
        let masked = log.kind == OrgKind::Tenant && outsider;
        Draft {
            user: if masked {
                self.engineer.clone()
            } else {
                party.name.clone()
            },
            user_is_person: !masked && !robot,
            user_type: match (robot, outsider) {
                (true, _) => UserType::Application,
                (false, true) => UserType::DataCenterAdmin,
                (false, false) => UserType::Admin,
            },
            external_access: outsider,
            client_ip: ctx.peer.client_ip(),
            actor: ActorField {
                id: if masked {
                    String::new()
                } else {
                    actor.principal.id.to_string()
                },
                name: shown_name(log, &party),
                provider_name: masked.then(|| party.name.clone()),
                kind: kind_of(&actor.principal).to_owned(),
                authentication: actor.authentication.as_str().to_owned(),
                via: ctx.peer.via.as_str().to_owned(),
                token_id: actor
                    .token
                    .as_ref()
                    .filter(|_| !masked)
                    .map(|token| token.id.to_string()),
            },
            ..self.by_daemon(log, operation, object)
        }
    }

    /// A customer's decision that took effect: under the service account, with the real approver
    /// beside it.
    pub(super) fn as_decision(&self, mut draft: Draft) -> Draft {
        draft.user = self.service_account.clone();
        draft.user_is_person = false;
        draft.user_type = UserType::DataCenterAdmin;
        draft.external_access = true;
        draft
    }

    /// An engineer's action under a grant: as the documented operator, with the elevation that
    /// it happened under.
    pub(super) fn as_operator(
        &self,
        mut draft: Draft,
        tenant: &Organization,
        request: &Request,
        occurred: When,
    ) -> Draft {
        draft.shape = Shape::Operator;
        draft.creation = occurred;
        draft.object_id = String::new();
        draft.user = self.operator.clone();
        draft.user_is_person = false;
        draft.user_type = UserType::DataCenterAdmin;
        draft.external_access = true;
        draft.request = Some(link(request));
        draft.elevation = Some(elevation(tenant, request, occurred));
        draft
    }
}

fn elevation(tenant: &Organization, request: &Request, occurred: When) -> Elevation {
    let at = |instant: Option<Timestamp>| When::At(instant.unwrap_or(request.created_at));
    Elevation {
        start_time: occurred,
        effective_organization: tenant.name.clone(),
        elevation_time: at(request.access_start),
        approver: request
            .reviewer
            .as_ref()
            .map(|party| shown_name(tenant, party))
            .unwrap_or_default(),
        approved_time: request.reviewed_at.map(When::At),
        request_id: request.identity,
        role: request.ask.access_level.as_str().to_owned(),
        duration_seconds: request
            .granted_seconds
            .unwrap_or(request.ask.duration_seconds),
        generic_info: request.ask.service.clone(),
    }
}
