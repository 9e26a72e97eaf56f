//! Clients that keep the daemon busy, and remember what they were told.

use super::http::{Call, Http};
use super::random::Random;
use serde_json::{Value, json};
use std::sync::mpsc::Sender;

/// Whose tokens the clients use.
pub struct People {
    /// Asks.
    pub engineer: String,
    /// Reviews.
    pub manager: String,
    /// The provider's administrator.
    pub root: String,
    /// Tenants: name, and the token of the administrator who decides.
    pub tenants: Vec<(String, String)>,
}

impl People {
    /// Makes everybody, in a fresh data directory.
    pub fn new(address: &str, root: &str) -> Self {
        let mut http = Http::new(address);
        let mut person = |name: &str, role: &str| {
            let params = json!({"kind": "person", "address": format!("{name}@fabrikam.example"),
                "displayName": name, "roles": [{"role": role}]});
            let made = http.ok(root, "principal.create", params);
            let code = json!({"code": made["enrolmentCode"]});
            text(&http.ok("", "principal.enroll", code)["token"])
        };
        let engineer = person("eve", "SupportEngineer");
        let manager = person("max", "SupportManager");
        let tenants = ["contoso.example", "northwind.example"]
            .map(|name| {
                let params = json!({"name": name, "adminAddress": format!("ada@{name}")});
                let made = http.ok(root, "tenant.create", params);
                let code = json!({"code": made["claimCode"]});
                let claimed = http.ok("", "tenant.claim", code);
                (name.to_owned(), text(&claimed["token"]))
            })
            .to_vec();
        Self {
            engineer,
            manager,
            root: root.to_owned(),
            tenants,
        }
    }

    /// A request that waits for the first tenant's decision: its GUID.
    pub fn request(&self, address: &str) -> String {
        let mut http = Http::new(address);
        let params = json!({"tenant": self.tenants[0].0, "serviceName": "Exchange",
            "reason": "Mailbox does not open", "serviceRequestNumber": "SR-1"});
        let made = http.ok(&self.engineer, "request.submit", params);
        let identity = text(&made["request"]["identity"]);
        let params = json!({"requestId": identity, "decision": "Approve"});
        http.ok(&self.manager, "request.review", params);
        identity
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// One request as its client knows it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The ticket by which it is found again; nothing else has it.
    pub ticket: String,
    /// Its tenant.
    pub tenant: usize,
    /// Its GUID.
    pub identity: String,
    /// Whether the review was acknowledged.
    pub reviewed: bool,
    /// The decisions that were acknowledged, in order.
    pub decisions: Vec<&'static str>,
}

#[derive(Clone, Debug)]
enum Act {
    Submit { ticket: String, tenant: usize },
    Review,
    Decide(&'static str),
}

/// One client. It has its own connection and its own keys, and one request under way at a time.
pub struct Client {
    /// Its requests, oldest first.
    pub asked: Vec<Asked>,
    /// How many calls were acknowledged.
    pub acknowledged: usize,
    /// How many of them were decisions.
    pub decided: usize,
    /// How many retries found that the call had been done although its answer was lost.
    pub replayed: usize,
    name: String,
    sent: usize,
    random: Random,
    unanswered: Option<(Act, Call)>,
    latest: Option<Call>,
}

impl Client {
    /// A client with a name that no other one has.
    pub fn new(name: String, random: Random) -> Self {
        Self {
            asked: Vec::new(),
            acknowledged: 0,
            decided: 0,
            replayed: 0,
            name,
            sent: 0,
            random,
            unanswered: None,
            latest: None,
        }
    }

    /// Calls until a call is not answered; tells of each acknowledged one.
    ///
    /// # Errors
    /// What the daemon refused: there is nothing that it should refuse.
    pub fn work(
        &mut self,
        address: &str,
        people: &People,
        told: &Sender<()>,
    ) -> Result<(), String> {
        let mut http = Http::new(address);
        loop {
            let (act, call) = self.next(people);
            match http.call(&call) {
                Err(_) => {
                    self.unanswered = Some((act, call));
                    return Ok(());
                }
                Ok(answer) => self.acknowledge(act, call, answer)?,
            }
            // The one who counts may have seen enough.
            let _ = told.send(());
        }
    }

    /// After a restart: repeats the call that was not answered, and the last one that was, with
    /// their keys.
    ///
    /// # Errors
    /// Where a repetition is refused, or an acknowledged call was forgotten.
    pub fn settle(&mut self, address: &str) -> Result<(), String> {
        let mut http = Http::new(address);
        let mut again = |call: &Call| {
            http.call(call)
                .map_err(|error| format!("no answer to {call:?}: {error}"))
        };
        if let Some(call) = &self.latest {
            let answer = again(call)?;
            if answer.as_ref().map(|answer| &answer["replayed"]) != Ok(&Value::Bool(true)) {
                return Err(format!("{call:?} was acknowledged, and now: {answer:?}"));
            }
        }
        if let Some((act, call)) = self.unanswered.take() {
            let answer = again(&call)?;
            if let Ok(answer) = &answer
                && answer["replayed"] == true
            {
                self.replayed += 1;
            }
            self.acknowledge(act, call, answer)?;
        }
        Ok(())
    }

    fn next(&mut self, people: &People) -> (Act, Call) {
        self.sent += 1;
        let key = format!("{}-{}", self.name, self.sent);
        let current = self.asked.last().cloned();
        let finished = |asked: &Asked| match asked.decisions.as_slice() {
            [] => false,
            // Half of the approved ones are cancelled.
            ["Approve"] => asked.identity.starts_with(|digit: char| digit < '8'),
            _ => true,
        };
        match current.filter(|asked| !finished(asked)) {
            None => {
                let tenant = self.random.below(people.tenants.len());
                let ticket = format!("T-{key}");
                let call = Call {
                    token: people.engineer.clone(),
                    method: "request.submit",
                    params: json!({
                        "tenant": people.tenants[tenant].0, "serviceName": "Exchange",
                        "reason": "Mailbox does not open", "serviceRequestNumber": ticket,
                        "idempotencyKey": key,
                    }),
                };
                (Act::Submit { ticket, tenant }, call)
            }
            Some(asked) if !asked.reviewed => {
                let call = Call {
                    token: people.manager.clone(),
                    method: "request.review",
                    params: json!({"requestId": asked.identity, "decision": "Approve",
                        "idempotencyKey": key}),
                };
                (Act::Review, call)
            }
            Some(asked) => {
                let decision = match (asked.decisions.is_empty(), self.random.once_in(2)) {
                    (false, _) => "Cancel",
                    (true, true) => "Approve",
                    (true, false) => "Deny",
                };
                let call = Call {
                    token: people.tenants[asked.tenant].1.clone(),
                    method: "request.decide",
                    params: json!({"requestId": asked.identity, "decision": decision,
                        "comment": format!("Decided with {key}"), "idempotencyKey": key}),
                };
                (Act::Decide(decision), call)
            }
        }
    }

    fn acknowledge(
        &mut self,
        act: Act,
        call: Call,
        answer: Result<Value, Value>,
    ) -> Result<(), String> {
        let answer = answer.map_err(|error| format!("{call:?} was refused: {error}"))?;
        match act {
            Act::Submit { ticket, tenant } => self.asked.push(Asked {
                ticket,
                tenant,
                identity: text(&answer["request"]["identity"]),
                reviewed: false,
                decisions: Vec::new(),
            }),
            Act::Review => self.asked.last_mut().unwrap().reviewed = true,
            Act::Decide(decision) => {
                self.asked.last_mut().unwrap().decisions.push(decision);
                self.decided += 1;
            }
        }
        self.acknowledged += 1;
        self.latest = Some(call);
        Ok(())
    }
}
