//! Lists of requests: the filter becomes SQL as it stands; what it means is the domain's matter.

use super::read::limited;
use super::rows::bodies;
use crate::clock::Timestamp;
use crate::domain::request::Request;
use crate::domain::scope::Scope;
use crate::domain::status::{DueBound, StoredState};
use crate::ids::OrgId;
use crate::store::{Emergencies, Page, RequestFilter, RequestRef};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// A WHERE clause under construction.
#[derive(Default)]
pub(super) struct Where {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Where {
    /// One more condition that must hold.
    pub(super) fn and(&mut self, part: String) {
        self.parts.push(part);
    }

    /// Binds a value and returns its placeholder.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Binds an organization's GUID and returns the integer that it is inside.
    pub(super) fn org(&mut self, org: OrgId) -> String {
        let id = self.bind(org.bytes().to_vec());
        format!("(SELECT nr FROM organization WHERE id = {id})")
    }

    /// The whole condition.
    pub(super) fn text(&self) -> String {
        if self.parts.is_empty() {
            "1".to_owned()
        } else {
            self.parts.join(" AND ")
        }
    }

    /// The bound values.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.iter()
    }
}

/// Any of some conditions; none of them is never.
pub(super) fn any(parts: &[String]) -> String {
    if parts.is_empty() {
        "0".to_owned()
    } else {
        format!("({})", parts.join(" OR "))
    }
}

pub(super) fn list(conn: &Connection, filter: &RequestFilter) -> rusqlite::Result<Page<Request>> {
    let mut clause = Where::default();
    if let Some(tenant) = filter.tenant {
        let org = clause.org(tenant);
        clause.and(format!("org = {org}"));
    }
    let mut places: Vec<String> = filter
        .scopes
        .iter()
        .filter_map(|scope| in_scope(&mut clause, scope))
        .collect();
    if let Some((requester, scopes)) = &filter.or_own {
        let id = clause.bind(requester.bytes().to_vec());
        let own: Vec<String> = scopes
            .iter()
            .filter_map(|scope| in_scope(&mut clause, scope))
            .collect();
        places.push(format!("(requester = {id} AND {})", any(&own)));
    }
    clause.and(any(&places));
    if !filter.states.is_empty() {
        let states: Vec<String> = filter
            .states
            .iter()
            .map(|stored| in_state(&mut clause, stored))
            .collect();
        clause.and(any(&states));
    }
    match &filter.which {
        Some(RequestRef::Identity(identity)) => {
            let identity = clause.bind(identity.bytes().to_vec());
            clause.and(format!("identity = {identity}"));
        }
        Some(RequestRef::Reference(reference)) => {
            let reference = clause.bind(reference.to_uppercase());
            clause.and(format!("reference = {reference}"));
        }
        None => {}
    }
    if filter.arrived_only {
        clause.and("arrived".to_owned());
    }
    if filter.granted_only {
        clause.and("grant_id IS NOT NULL".to_owned());
    }
    if filter.without_reports {
        clause.and("(state <> 'Ended' OR grant_id IS NOT NULL)".to_owned());
    }
    if let Some(emergencies) = &filter.emergencies {
        let part = of_emergencies(&mut clause, emergencies);
        clause.and(part);
    }
    if let Some(after) = filter.created_after {
        let after = clause.bind(after.millis());
        clause.and(format!("created > {after}"));
    }
    if let Some(service) = &filter.service {
        let service = clause.bind(service.clone());
        clause.and(format!("service = {service}"));
    }
    if let Some(requester) = filter.requester {
        let id = clause.bind(requester.bytes().to_vec());
        clause.and(format!("requester = {id}"));
    }
    if let Some((created, identity)) = filter.before {
        let created = clause.bind(created.millis());
        let identity = clause.bind(identity.bytes().to_vec());
        clause.and(format!("(created, identity) < ({created}, {identity})"));
    }
    let limit = clause.bind(limited(filter.limit.saturating_add(1)));
    let sql = format!(
        "SELECT body FROM request WHERE {} ORDER BY created DESC, identity DESC LIMIT {limit}",
        clause.text()
    );
    let mut rows = bodies(conn, &sql, params_from_iter(clause.values()))?;
    let more = rows.len() > filter.limit;
    rows.truncate(filter.limit);
    Ok(Page { rows, more })
}

/// Requests in a scope; nothing where no request can lie in it.
fn in_scope(clause: &mut Where, scope: &Scope) -> Option<String> {
    match scope {
        Scope::Tenants => Some("1".to_owned()),
        Scope::Tenant(tenant) => {
            let org = clause.org(*tenant);
            Some(format!("org = {org}"))
        }
        Scope::Service(tenant, service) => {
            let org = clause.org(*tenant);
            let service = clause.bind(service.clone());
            Some(format!("(org = {org} AND service = {service})"))
        }
        // A request lies in a service of a tenant, and so in none of these.
        Scope::Provider | Scope::Subscription(..) => None,
    }
}

/// Emergency access of a sort.
fn of_emergencies(clause: &mut Where, emergencies: &Emergencies) -> String {
    // Instants are text of one length in the body, so they compare as they follow each other.
    let mut open = |instant: &Timestamp| {
        let instant = clause.bind(instant.to_string());
        format!(
            "((arrived OR state = 'InternalReview') AND
              ifnull(json_extract(body, '$.emergency.acknowledged.at') > {instant}, 1))"
        )
    };
    let part = match emergencies {
        Emergencies::OpenAt(instant) => open(instant),
        Emergencies::ClosedAt(instant) => format!("NOT {}", open(instant)),
        Emergencies::OfIncident(incident) => {
            let incident = clause.bind(incident.clone());
            format!("json_extract(body, '$.emergency.incident') = {incident} COLLATE NOCASE")
        }
    };
    format!("json_extract(body, '$.emergency') IS NOT NULL AND {part}")
}

fn in_state(clause: &mut Where, stored: &StoredState) -> String {
    let mut part = format!("state = '{}'", stored.state.as_str());
    match stored.arrived {
        Some(true) => part.push_str(" AND arrived"),
        Some(false) => part.push_str(" AND NOT arrived"),
        None => {}
    }
    match stored.due {
        DueBound::Any => {}
        // A row without a due instant is never moved on by time.
        DueBound::After(instant) => {
            let instant = clause.bind(instant.millis());
            part.push_str(&format!(" AND (due > {instant} OR due IS NULL)"));
        }
        DueBound::Reached(instant) => {
            let instant = clause.bind(instant.millis());
            part.push_str(&format!(" AND due <= {instant}"));
        }
    }
    format!("({part})")
}
