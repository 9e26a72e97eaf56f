//! Every act leaves its record in each log that it belongs to, in the documented shape.

use crate::audit_help::check_schema;
use crate::world::{CONTOSO, PROVIDER, World, emergency};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TAILSPIN: &str = "tailspin.onmicrosoft.com";
const SERVICE_ACCOUNT: &str = "BOXServiceAccount@lockbox.prod.outlook.com";
/// How the provider's people are called in a customer's log.
const MASKED: &str = "Microsoft Engineer";
const EVE: &str = "eve@fabrikam.example";
const MAX: &str = "max@fabrikam.example";
const ROOT: &str = "root@fabrikam.example";
const ED: &str = "ed@fabrikam.example";
const GUS: &str = "gus@contoso.com";
const ADA: &str = "ada@contoso.onmicrosoft.com";

/// One record that an act must leave.
struct Leaf {
    /// `P` provider, `T` contoso, `N` the tenant made on the way.
    log: &'static str,
    operation: &'static str,
    user: &'static str,
    user_type: i64,
    external: bool,
    /// Text, or `$name` of something kept.
    item: &'static str,
    succeeded: bool,
    /// Names of the parameters, in order.
    parameters: &'static [&'static str],
    /// `Actor.Name`; `~` stands for a pseudonym.
    actor: &'static str,
    /// The request that it belongs to: `$name`, or empty.
    request: &'static str,
}

/// One act and all that it leaves.
struct Act {
    who: &'static str,
    method: &'static str,
    params: Value,
    /// What to keep of the result: name and JSON pointer.
    keep: &'static [(&'static str, &'static str)],
    leaves: Vec<Leaf>,
}

fn act(who: &'static str, method: &'static str, params: Value, leaves: Vec<Leaf>) -> Act {
    Act {
        who,
        method,
        params,
        keep: &[],
        leaves,
    }
}

impl Act {
    fn keeping(self, keep: &'static [(&'static str, &'static str)]) -> Self {
        Self { keep, ..self }
    }
}

/// A record of the provider's person in the provider's own log.
fn provider(
    operation: &'static str,
    user: &'static str,
    item: &'static str,
    parameters: &'static [&'static str],
) -> Leaf {
    Leaf {
        log: "P",
        operation,
        user,
        user_type: 3,
        external: true,
        item,
        succeeded: true,
        parameters,
        actor: user,
        request: "",
    }
}

/// A record of the provider's person in contoso's log.
fn masked(
    operation: &'static str,
    item: &'static str,
    parameters: &'static [&'static str],
) -> Leaf {
    Leaf {
        log: "T",
        user: MASKED,
        actor: "~",
        ..provider(operation, MASKED, item, parameters)
    }
}

/// A record of the customer's person in contoso's log.
fn customer(
    operation: &'static str,
    user: &'static str,
    item: &'static str,
    parameters: &'static [&'static str],
) -> Leaf {
    Leaf {
        log: "T",
        user_type: 2,
        external: false,
        ..provider(operation, user, item, parameters)
    }
}

/// A record of the daemon.
fn daemon(log: &'static str, operation: &'static str, item: &'static str) -> Leaf {
    Leaf {
        log,
        user_type: 4,
        external: false,
        request: item,
        ..provider(operation, "lockboxd", item, &[])
    }
}

/// A decision that took effect.
fn decision(actor: &'static str, item: &'static str) -> Leaf {
    Leaf {
        log: "T",
        actor,
        request: item,
        ..provider(
            "Set-AccessToCustomerDataRequest",
            SERVICE_ACCOUNT,
            item,
            &["Comment", "ApprovalDecision", "RequestId"],
        )
    }
}

impl Leaf {
    /// The same in another log.
    fn in_log(self, log: &'static str) -> Self {
        Self { log, ..self }
    }

    /// The same, of the request that it is about.
    fn of_request(self) -> Self {
        Self {
            request: self.item,
            ..self
        }
    }

    fn refused(self) -> Self {
        Self {
            succeeded: false,
            ..self
        }
    }
}

const CLOSING: &[&str] = &["Comment", "RequestId"];
const REVIEW: &[&str] = &["Comment", "Review", "RequestId"];
const SUBMITTED: &[&str] = &[
    "Tenant",
    "ServiceName",
    "Reason",
    "DurationSeconds",
    "AccessLevel",
];
const ARRIVED: &[&str] = &[
    "Requestor",
    "Reviewer",
    "ServiceName",
    "Reason",
    "DurationSeconds",
    "AccessLevel",
];

fn submit(name: &'static [(&'static str, &'static str)], item: &'static str) -> Act {
    let params = json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail is not delivered", "durationSeconds": 3_600,
    });
    let leaf = provider("LockboxRequestSubmitted", EVE, item, SUBMITTED).of_request();
    act("eve", "request.submit", params, vec![leaf]).keeping(name)
}

fn review(item: &'static str) -> Act {
    act(
        "max",
        "request.review",
        json!({"requestId": item, "decision": "Approve"}),
        vec![
            provider("LockboxRequestReviewed", MAX, item, REVIEW).of_request(),
            masked("LockboxRequestArrived", item, ARRIVED).of_request(),
        ],
    )
}

fn decide(who: &'static str, item: &'static str, word: &str, actor: &'static str) -> Act {
    let params = json!({"requestId": item, "decision": word});
    act(who, "request.decide", params, vec![decision(actor, item)])
}

/// Time passes, and the timer writes down what it has done.
fn wait(hours: i64, leaves: Vec<Leaf>) -> Act {
    act("", "(time)", json!(hours), leaves)
}

/// A call that must fail with a code.
fn fails(
    who: &'static str,
    method: &'static str,
    code: &'static str,
    params: Value,
    leaves: Vec<Leaf>,
) -> Act {
    act(
        who,
        method,
        json!({"refused": code, "params": params}),
        leaves,
    )
}

macro_rules! keep {
    ($name:literal) => {
        &[($name, "/request/identity")]
    };
}

/// Tenants, people, roles, tokens and settings.
fn objects() -> Vec<Act> {
    let about_tenant = |operation, parameters| {
        vec![
            provider(operation, ROOT, "$tailspin", parameters),
            masked(operation, "$tailspin", parameters).in_log("N"),
        ]
    };
    let about = |operation, item, parameters| vec![customer(operation, ADA, item, parameters)];
    let who: &[&str] = &["Principal", "Kind"];
    let role: &[&str] = &["Principal", "Role", "Scope"];
    vec![
        act(
            "root",
            "system.setLogLevel",
            json!({"level": "warn"}),
            vec![provider(
                "LockboxLogLevelChanged",
                ROOT,
                "",
                &["Level", "PreviousLevel"],
            )],
        ),
        act(
            "root",
            "tenant.create",
            json!({"name": TAILSPIN, "adminAddress": "tim@tailspin.com"}),
            vec![provider(
                "LockboxTenantCreated",
                ROOT,
                "$tailspin",
                &["Name", "Administrator"],
            )],
        )
        .keeping(&[("tailspin", "/tenant/tenantId")]),
        act(
            "root",
            "tenant.invite",
            json!({"tenant": TAILSPIN}),
            vec![provider(
                "LockboxTenantInvited",
                ROOT,
                "$tailspin",
                &["Administrator"],
            )],
        )
        .keeping(&[("claim", "/claimCode")]),
        act(
            "",
            "tenant.claim",
            json!({"code": "$claim"}),
            vec![customer("LockboxTenantClaimed", "tim@tailspin.com", "$tim", &[]).in_log("N")],
        )
        .keeping(&[("token:tim", "/token"), ("tim", "/principal/principalId")]),
        act(
            "root",
            "tenant.update",
            json!({"tenant": TAILSPIN, "displayName": "Tailspin", "contacts": ["t@tailspin.com"]}),
            about_tenant("LockboxTenantUpdated", &["DisplayName", "Contacts"]),
        ),
        act(
            "root",
            "tenant.suspend",
            json!({"tenant": TAILSPIN, "reason": "unpaid"}),
            about_tenant("LockboxTenantSuspended", &["Reason"]),
        ),
        act(
            "root",
            "tenant.resume",
            json!({"tenant": TAILSPIN}),
            about_tenant("LockboxTenantResumed", &["Reason"]),
        ),
        act(
            "ada",
            "principal.create",
            json!({"kind": "person", "address": "zoe@contoso.com", "displayName": "Zoe",
                   "roles": [{"role": "SecurityReader"}]}),
            vec![
                customer("LockboxPrincipalCreated", ADA, "$zoe", who),
                customer("LockboxRoleAssigned", ADA, "$zoe", role),
            ],
        )
        .keeping(&[("zoe", "/principal/principalId")]),
        act(
            "ada",
            "principal.invite",
            json!({"principal": "zoe@contoso.com"}),
            about("LockboxPrincipalInvited", "$zoe", who),
        )
        .keeping(&[("enrol", "/enrolmentCode")]),
        act(
            "",
            "principal.enroll",
            json!({"code": "$enrol"}),
            vec![customer(
                "LockboxPrincipalEnrolled",
                "zoe@contoso.com",
                "$zoe",
                &[],
            )],
        ),
        act(
            "ada",
            "principal.create",
            json!({"kind": "robot", "displayName": "nightly", "owner": "zoe@contoso.com"}),
            about("LockboxPrincipalCreated", "$nightly", who),
        )
        .keeping(&[("nightly", "/principal/principalId")]),
        act(
            "ada",
            "principal.disable",
            json!({"principal": "zoe@contoso.com", "reason": "has left"}),
            vec![
                customer(
                    "LockboxPrincipalDisabled",
                    ADA,
                    "$zoe",
                    &["Principal", "Kind", "Reason"],
                ),
                customer("LockboxPrincipalStopped", ADA, "$nightly", who),
            ],
        ),
        act(
            "ada",
            "principal.enable",
            json!({"principal": "nightly"}),
            about(
                "LockboxPrincipalTakenOver",
                "$nightly",
                &["Principal", "Kind", "Owner"],
            ),
        ),
        act(
            "ada",
            "principal.enable",
            json!({"principal": "zoe@contoso.com"}),
            about("LockboxPrincipalEnabled", "$zoe", who),
        ),
        act(
            "ada",
            "role.assign",
            json!({"principal": "nightly", "role": "SecurityReader"}),
            about("LockboxRoleAssigned", "$nightly", role),
        ),
        act(
            "ada",
            "role.remove",
            json!({"principal": "nightly", "role": "SecurityReader"}),
            about("LockboxRoleRemoved", "$nightly", role),
        ),
        act(
            "ada",
            "token.issue",
            json!({"principal": "nightly"}),
            about(
                "LockboxTokenIssued",
                "$issued",
                &["Principal", "ExpirationDate"],
            ),
        )
        .keeping(&[("issued", "/tokenId")]),
        act(
            "ada",
            "token.revoke",
            json!({"tokenId": "$issued"}),
            about("LockboxTokenRevoked", "$issued", &["Principal"]),
        ),
        act(
            "ada",
            "policy.put",
            json!({"hoursToAnswer": 6, "automaticApproval": false}),
            about(
                "LockboxSettingsChanged",
                "$contoso",
                &["HoursToAnswer", "AutomaticApproval"],
            ),
        ),
    ]
}

/// Notifications, those who are told, and what they read.
fn notifications() -> Vec<Act> {
    let about = |operation, item, parameters| vec![customer(operation, ADA, item, parameters)];
    let which = json!({"event": "requestArrived", "language": "en"});
    let text: &[&str] = &["Event", "Language", "Removed"];
    vec![
        act("", "(told)", json!({}), vec![]),
        act(
            "ada",
            "notification.retry",
            json!({"notificationIds": ["$note"]}),
            vec![Leaf {
                request: "$noted",
                ..customer(
                    "LockboxNotificationResumed",
                    ADA,
                    "$note",
                    &["Event", "Receiver"],
                )
            }],
        ),
        // Where nothing is held nothing happens.
        act("ada", "notification.retry", json!({"held": true}), vec![]),
        act(
            "ada",
            "webhook.create",
            json!({"name": "SIEM", "url": "https://hooks.example.com/secret", "format": "json"}),
            about(
                "LockboxWebhookCreated",
                "$hook",
                &["Name", "Host", "Format", "Events"],
            ),
        )
        .keeping(&[("hook", "/webhookId")]),
        act(
            "ada",
            "webhook.update",
            json!({"webhookId": "$hook", "format": "slack", "paused": true}),
            about(
                "LockboxWebhookChanged",
                "$hook",
                &["Name", "Format", "Paused"],
            ),
        ),
        // The host is the same, and so says nothing.
        act(
            "ada",
            "webhook.update",
            json!({"webhookId": "$hook", "url": "https://hooks.example.com/other"}),
            about("LockboxWebhookChanged", "$hook", &["Name", "UrlChanged"]),
        ),
        // So it is already.
        act(
            "ada",
            "webhook.update",
            json!({"webhookId": "$hook", "paused": true}),
            vec![],
        ),
        act(
            "ada",
            "webhook.rotate",
            json!({"webhookId": "$hook"}),
            about("LockboxWebhookChanged", "$hook", &["Name", "OverlapHours"]),
        ),
        act(
            "ada",
            "webhook.remove",
            json!({"webhookId": "$hook"}),
            about("LockboxWebhookRemoved", "$hook", &["Name"]),
        ),
        act(
            "ada",
            "template.put",
            json!({"event": "requestArrived", "language": "en", "subject": "Act", "text": "Now."}),
            about("LockboxTemplateChanged", "requestArrived/en", text),
        ),
        act(
            "ada",
            "template.remove",
            which,
            about("LockboxTemplateChanged", "requestArrived/en", text),
        ),
    ]
}

/// What ends before a customer has heard of it.
fn before_arrival() -> Vec<Act> {
    vec![
        submit(keep!("r1"), "$r1"),
        act(
            "max",
            "request.review",
            json!({"requestId": "$r1", "decision": "Reject", "comment": "No"}),
            vec![provider("LockboxRequestRejected", MAX, "$r1", REVIEW).of_request()],
        ),
        submit(keep!("r2"), "$r2"),
        act(
            "eve",
            "request.withdraw",
            json!({"requestId": "$r2"}),
            vec![provider("LockboxRequestWithdrawn", EVE, "$r2", CLOSING).of_request()],
        ),
        submit(keep!("r3"), "$r3"),
        wait(12, vec![daemon("P", "LockboxRequestExpired", "$r3")]),
    ]
}

/// What the customer has before it.
fn after_arrival() -> Vec<Act> {
    let mut acts = Vec::new();
    acts.extend([
        submit(keep!("r4"), "$r4"),
        review("$r4"),
        decide("anna", "$r4", "Deny", "anna@contoso.com"),
        submit(keep!("r5"), "$r5"),
        review("$r5"),
        decide("ada", "$r5", "Cancel", ADA),
        submit(keep!("r6"), "$r6"),
        review("$r6"),
        act(
            "eve",
            "request.withdraw",
            json!({"requestId": "$r6", "comment": "Solved"}),
            vec![masked("LockboxRequestWithdrawn", "$r6", CLOSING).of_request()],
        ),
        submit(keep!("r7"), "$r7"),
        review("$r7"),
        wait(6, vec![daemon("T", "LockboxRequestExpired", "$r7")]),
    ]);
    let mut guarded = decision("anna@contoso.com", "$r8");
    guarded.parameters = &[
        "Comment",
        "ApprovalDecision",
        "RequestId",
        "ServiceName",
        "DurationSeconds",
    ];
    acts.extend([
        submit(keep!("r8"), "$r8"),
        review("$r8"),
        act(
            "anna",
            "request.decide",
            json!({"requestId": "$r8", "decision": "Approve", "serviceName": "exchange",
                   "durationSeconds": 600}),
            vec![guarded],
        ),
        act(
            "eve",
            "activity.record",
            json!({"tenant": CONTOSO, "requestId": "$r8", "operation": "New-MailboxSearch",
                   "parameters": [{"name": "Identity", "value": "rick"}]}),
            vec![Leaf {
                log: "T",
                request: "$r8",
                actor: "~",
                ..provider("New-MailboxSearch", "Microsoft Operator", "", &["Identity"])
            }],
        ),
        act(
            "gate",
            "activity.record",
            json!({"tenant": CONTOSO, "requestId": "$r8", "operation": "New-MailboxSearch"}),
            vec![Leaf {
                user_type: 5,
                ..masked(
                    "LockboxViolation",
                    "$r8",
                    &["Operation", "RequestId", "ResultStatus", "Reason"],
                )
                .of_request()
                .refused()
            }],
        ),
        act(
            "eve",
            "request.complete",
            json!({"requestId": "$r8"}),
            vec![masked("LockboxAccessCompleted", "$r8", CLOSING).of_request()],
        ),
        submit(keep!("r9"), "$r9"),
        review("$r9"),
        decide("anna", "$r9", "Approve", "anna@contoso.com"),
        act(
            "max",
            "grant.revoke",
            json!({"requestId": "$r9"}),
            vec![masked("LockboxAccessRevoked", "$r9", CLOSING).of_request()],
        ),
        submit(keep!("r10"), "$r10"),
        review("$r10"),
        decide("anna", "$r10", "Approve", "anna@contoso.com"),
        wait(1, vec![daemon("T", "LockboxAccessEnded", "$r10")]),
        submit(keep!("r11"), "$r11"),
        review("$r11"),
        decide("anna", "$r11", "Approve", "anna@contoso.com"),
        decide("ben", "$r11", "Cancel", "ben@contoso.com"),
    ]);
    acts
}

/// Where no approval is required; refused attempts; exports.
fn aside() -> Vec<Act> {
    let settings = |value: bool| {
        act(
            "ada",
            "policy.put",
            json!({"approvalRequired": value}),
            vec![customer(
                "LockboxSettingsChanged",
                ADA,
                "$contoso",
                if value {
                    &["CustomerLockboxEnabled"]
                } else {
                    &["CustomerLockboxEnabled", "Weakens"]
                },
            )],
        )
    };
    let mut granted = review("$r12");
    granted
        .leaves
        .push(masked("LockboxApprovalNotRequired", "$r12", &[]).of_request());
    let own: &[&str] = &["Method", "Code", "Message"];
    let refused = "LockboxRequestRefused";
    vec![
        settings(false),
        submit(keep!("r12"), "$r12"),
        granted,
        settings(true),
        submit(keep!("r13"), "$r13"),
        review("$r13"),
        fails(
            "bot",
            "request.decide",
            "robotMayNotApprove",
            json!({"requestId": "$r13", "decision": "Approve"}),
            vec![Leaf {
                user_type: 5,
                ..customer(refused, "bot", "$r13", own).of_request().refused()
            }],
        ),
        decide("bot", "$r13", "Deny", "bot"),
        fails(
            "eve",
            "request.withdraw",
            "wrongState",
            json!({"requestId": "$r13"}),
            vec![
                provider(refused, EVE, "$r13", own).of_request().refused(),
                masked(refused, "$r13", own).of_request().refused(),
            ],
        ),
        act(
            "ada",
            "audit.export",
            json!({"format": "csv"}),
            vec![customer(
                "LockboxAuditExported",
                ADA,
                "$contoso",
                &["Format"],
            )],
        ),
        act(
            "max",
            "audit.export",
            json!({"format": "jsonl", "freeText": "x", "operations": ["A", "B"]}),
            vec![provider(
                "LockboxAuditExported",
                MAX,
                "$provider",
                &["Format", "Operations", "FreeText"],
            )],
        ),
    ]
}

/// Acts that end others' requests on the way.
fn cascades() -> Vec<Act> {
    let revoked = |item| masked("LockboxAccessRevoked", item, CLOSING).of_request();
    vec![
        submit(keep!("r14"), "$r14"),
        review("$r14"),
        decide("anna", "$r14", "Approve", "anna@contoso.com"),
        act(
            "root",
            "tenant.suspend",
            json!({"tenant": CONTOSO, "reason": "unpaid"}),
            vec![
                provider("LockboxTenantSuspended", ROOT, "$contoso", &["Reason"]),
                masked("LockboxTenantSuspended", "$contoso", &["Reason"]),
                revoked("$r12"),
                revoked("$r14"),
            ],
        ),
        act(
            "root",
            "tenant.resume",
            json!({"tenant": CONTOSO}),
            vec![
                provider("LockboxTenantResumed", ROOT, "$contoso", &["Reason"]),
                masked("LockboxTenantResumed", "$contoso", &["Reason"]),
            ],
        ),
        submit(keep!("r15"), "$r15"),
        submit(keep!("r16"), "$r16"),
        review("$r16"),
        decide("anna", "$r16", "Approve", "anna@contoso.com"),
        act(
            "root",
            "role.remove",
            json!({"principal": EVE, "role": "SupportEngineer"}),
            vec![
                provider(
                    "LockboxRoleRemoved",
                    ROOT,
                    "$eve",
                    &["Principal", "Role", "Scope"],
                ),
                provider("LockboxRequestWithdrawn", ROOT, "$r15", CLOSING).of_request(),
                revoked("$r16"),
            ],
        ),
        act(
            "root",
            "role.assign",
            json!({"principal": EVE, "role": "SupportEngineer"}),
            vec![provider(
                "LockboxRoleAssigned",
                ROOT,
                "$eve",
                &["Principal", "Role", "Scope"],
            )],
        ),
        submit(keep!("r17"), "$r17"),
        review("$r17"),
        act(
            "root",
            "principal.disable",
            json!({"principal": EVE}),
            vec![
                provider(
                    "LockboxPrincipalDisabled",
                    ROOT,
                    "$eve",
                    &["Principal", "Kind", "Reason"],
                ),
                masked("LockboxRequestWithdrawn", "$r17", CLOSING).of_request(),
            ],
        ),
    ]
}

/// Emergency access: granted, acknowledged, reported.
fn emergencies() -> Vec<Act> {
    const DECLARED: &[&str] = &[
        "Incident",
        "ServiceName",
        "Reason",
        "AccessLevel",
        "Tenant",
        "DurationSeconds",
    ];
    const CONFIRMED: &[&str] = &[
        "Requestor",
        "Reviewer",
        "Incident",
        "ServiceName",
        "Reason",
        "AccessLevel",
        "DurationSeconds",
    ];
    let mut report = emergency("INC-8");
    report["accessStart"] = json!("2026-11-21T10:00:00Z");
    report["accessEnd"] = json!("2026-11-21T11:00:00Z");
    vec![
        act(
            "ed",
            "emergency.declare",
            emergency("INC-7"),
            vec![provider("LockboxEmergencyDeclared", ED, "$e1", DECLARED).of_request()],
        )
        .keeping(keep!("e1")),
        act(
            "max",
            "emergency.confirm",
            json!({"requestId": "$e1"}),
            vec![masked("LockboxEmergencyConfirmed", "$e1", CONFIRMED).of_request()],
        ),
        act(
            "anna",
            "emergency.acknowledge",
            json!({"requestId": "$e1"}),
            vec![
                customer(
                    "LockboxEmergencyAcknowledged",
                    "anna@contoso.com",
                    "$e1",
                    &["Comment", "RequestId", "Incident"],
                )
                .of_request(),
            ],
        ),
        act(
            "ed",
            "emergency.report",
            report,
            vec![
                masked(
                    "LockboxEmergencyReported",
                    "$e2",
                    &[
                        "Requestor",
                        "Incident",
                        "ServiceName",
                        "Reason",
                        "AccessLevel",
                    ],
                )
                .of_request(),
            ],
        )
        .keeping(keep!("e2")),
    ]
}

/// A policy with a second pair of eyes, and what it decides.
fn policies() -> Vec<Act> {
    let document = json!({
        "format": "lockbox-policy/1",
        "fourEyes": {"recoveryHours": 24},
        "rules": [{"id": "odd", "match": {"ticketPattern": "ODD.*"}, "deny": {"reason": "No."}}],
    });
    let propose = |name| {
        let proposed = customer(
            "LockboxPolicyProposed",
            ADA,
            "$change",
            &["AutomaticApproval", "Reason", "Weakens", "RecoveryHours"],
        );
        let put = json!({"automaticApproval": true});
        act("ada", "policy.put", put, vec![proposed]).keeping(name)
    };
    let mut odd = submit(keep!("r18"), "$r18");
    odd.who = "ed";
    odd.params["serviceRequestNumber"] = json!("ODD1");
    for leaf in &mut odd.leaves {
        (leaf.user, leaf.actor) = (ED, ED);
    }
    let mut denied = review("$r18");
    denied.leaves.push(Leaf {
        parameters: &[
            "Comment",
            "ApprovalDecision",
            "RequestId",
            "PolicyVersion",
            "PolicyHash",
            "PolicyRule",
            "PolicyReason",
        ],
        ..decision("policy", "$r18")
    });
    vec![
        act(
            "ada",
            "policy.put",
            json!({"document": document, "reason": "Odd tickets"}),
            vec![customer(
                "LockboxPolicyChanged",
                ADA,
                "$contoso",
                &["PolicyVersion", "PolicyHash", "Reason", "Difference"],
            )],
        ),
        propose(&[("change", "/changeId")]),
        act(
            "gus",
            "policy.confirm",
            json!({"changeId": "$change", "confirm": false}),
            vec![customer(
                "LockboxPolicyWithdrawn",
                GUS,
                "$change",
                &["Comment", "ProposedBy"],
            )],
        ),
        propose(&[("change", "/changeId")]),
        act(
            "gus",
            "policy.confirm",
            json!({"changeId": "$change"}),
            vec![
                customer(
                    "LockboxPolicyConfirmed",
                    GUS,
                    "$change",
                    &["Comment", "ProposedBy", "Alone"],
                ),
                customer(
                    "LockboxSettingsChanged",
                    GUS,
                    "$contoso",
                    &["AutomaticApproval", "Weakens"],
                ),
            ],
        ),
        odd,
        denied,
    ]
}

/// Replaces `$name` by what was kept.
fn filled(value: &Value, kept: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => kept[name].clone().into(),
            None => value.clone(),
        },
        Value::Array(list) => list.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, kept)))
            .collect::<Map<String, Value>>()
            .into(),
        other => other.clone(),
    }
}

/// Who reads each log; the made tenant's once it has somebody.
fn readers(tim: bool) -> Vec<(&'static str, &'static str)> {
    let mut readers = vec![("P", "root"), ("T", "ada")];
    readers.extend(tim.then_some(("N", "tim")));
    readers
}

/// How many records each log has.
async fn counts(world: &World, tim: bool) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for (log, who) in readers(tim) {
        let found = world
            .ok(who, "audit.search", json!({"resultSize": 1}))
            .await;
        counts.insert(log, found["total"].as_u64().unwrap());
    }
    counts
}

/// The records of a log from a place on, as AuditData.
async fn since(world: &World, who: &str, from: u64) -> Vec<Value> {
    let mut records = Vec::new();
    while let Ok(read) = world
        .call(
            who,
            "audit.get",
            json!({"sequence": from + records.len() as u64}),
        )
        .await
    {
        let data = read["record"]["auditData"].as_str().unwrap();
        records.push(serde_json::from_str(data).unwrap());
    }
    records
}

fn describe(record: &Value) -> Value {
    let names: Vec<&Value> = record["Parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| &parameter["Name"])
        .collect();
    let actor = record["Actor"]["Name"].as_str().unwrap();
    let pseudonym = actor
        .strip_prefix("engineer-")
        .is_some_and(|rest| rest.len() == 8);
    json!({
        "operation": record["Operation"], "user": record["UserId"], "type": record["UserType"],
        "external": record["ExternalAccess"], "item": record["ObjectId"],
        "result": record["ResultStatus"], "parameters": names,
        "actor": if pseudonym { "~" } else { actor },
        "request": record["LockboxRequest"]["Identity"],
    })
}

fn expected(leaf: &Leaf, kept: &BTreeMap<String, String>) -> Value {
    let fill = |text: &str| filled(&json!(text), kept);
    json!({
        "operation": leaf.operation, "user": leaf.user, "type": leaf.user_type,
        "external": leaf.external, "item": fill(leaf.item),
        "result": if leaf.succeeded { "True" } else { "False" }, "parameters": leaf.parameters,
        "actor": leaf.actor,
        "request": if leaf.request.is_empty() { Value::Null } else { fill(leaf.request) },
    })
}

/// What every record has, whatever the act.
fn check_common(record: &Value, log: &str, kept: &BTreeMap<String, String>) {
    let (org, name) = match log {
        "P" => (&kept["provider"], PROVIDER),
        "T" => (&kept["contoso"], CONTOSO),
        _ => (&kept["tailspin"], TAILSPIN),
    };
    check_schema(record);
    assert_eq!(record["OrganizationId"], **org, "{record:#}");
    assert_eq!(record["OrganizationName"], name);
    assert_eq!(record["RecordType"], 1);
    assert_eq!(record["Version"], 1);
    assert_eq!(record["Workload"], "Exchange");
    assert_eq!(record["UserKey"], record["UserId"]);
    let kind = record["Actor"]["Kind"].as_str().unwrap();
    // What decides by policy calls from nowhere.
    let inside = kind == "daemon" || record["Actor"]["Name"] == "policy";
    let ip = if inside { "" } else { "203.0.113.7:4711" };
    let via = if inside { "internal" } else { "tcp" };
    assert_eq!(record["ClientIP"], ip);
    assert_eq!(record["Actor"]["Via"], via);
    let authentication = match (kind, record["Operation"].as_str().unwrap()) {
        ("daemon", _) => "daemon",
        _ if inside => "policy",
        (_, "LockboxTenantClaimed" | "LockboxPrincipalEnrolled") => "code",
        _ => "token",
    };
    assert_eq!(record["Actor"]["Authentication"], authentication);
    let robot = ["bot", "gate", "policy"].contains(&record["Actor"]["Name"].as_str().unwrap())
        || record["UserType"] == 5;
    let person = if robot { "robot" } else { "person" };
    assert_eq!(kind, if kind == "daemon" { "daemon" } else { person });
    // Nothing but a report can be older than its record.
    let recorded = record["RecordedAt"].as_str().unwrap();
    assert_eq!(record["CreationTime"], recorded[..19]);
}

#[tokio::test]
async fn every_act_leaves_its_records_and_no_other() {
    let mut world = World::new().await;
    world.person("ada", "gus", GUS, "GlobalAdministrator").await;
    let mut kept = BTreeMap::new();
    for (name, who) in [("provider", "root"), ("contoso", "ada")] {
        let me = world.ok(who, "session.whoami", json!({})).await;
        let id = me["organization"]["organizationId"].as_str().unwrap();
        kept.insert(name.to_owned(), id.to_owned());
    }
    let eve = world
        .ok("root", "principal.get", json!({"principal": EVE}))
        .await;
    let eve = eve["principal"]["principalId"].as_str().unwrap();
    kept.insert("eve".to_owned(), eve.to_owned());

    let mut acts = objects();
    acts.extend(before_arrival());
    acts.extend(after_arrival());
    acts.extend(aside());
    acts.extend(cascades());
    acts.extend(emergencies());
    acts.extend(policies());
    acts.extend(notifications());
    let mut tim = false;
    let mut called = BTreeSet::new();
    for act in &acts {
        let before = counts(&world, tim).await;
        let name = format!("{} {} {}", act.who, act.method, act.params);
        match act.method {
            "(time)" => {
                world.pass(act.params.as_i64().unwrap() * 3_600);
                world.rpc.services().write_down_due().await.unwrap();
            }
            "(told)" => {
                world.rpc.services().expand_due().await.unwrap();
                let found = world.ok("ada", "notification.list", json!({})).await;
                let newest = &found["notifications"][0];
                for (name, field) in [("note", "notificationId"), ("noted", "identity")] {
                    kept.insert(name.to_owned(), newest[field].as_str().unwrap().to_owned());
                }
            }
            method => {
                called.insert(method);
                let params = filled(&act.params, &kept);
                match params.get("refused") {
                    Some(code) => {
                        let code = code.as_str().unwrap();
                        let params = params["params"].clone();
                        world.refused(act.who, method, params, code).await;
                    }
                    None => {
                        let result = world.ok(act.who, method, params).await;
                        for (name, pointer) in act.keep {
                            let value = result.pointer(pointer).unwrap().as_str().unwrap();
                            match name.strip_prefix("token:") {
                                Some(who) => {
                                    world.remember(who, &json!(value));
                                    tim = true;
                                }
                                None => {
                                    kept.insert((*name).to_owned(), value.to_owned());
                                }
                            }
                        }
                    }
                }
            }
        }
        for (log, who) in readers(tim) {
            let new = since(&world, who, before.get(log).copied().unwrap_or(0)).await;
            new.iter()
                .for_each(|record| check_common(record, log, &kept));
            // Within one act the order follows from the change, and who reads it does not mind.
            let sorted = |mut list: Vec<Value>| {
                list.sort_by_key(ToString::to_string);
                list
            };
            let found = sorted(new.iter().map(describe).collect());
            let due = act.leaves.iter().filter(|leaf| leaf.log == log);
            let due = sorted(due.map(|leaf| expected(leaf, &kept)).collect());
            assert_eq!(found, due, "{name}: log {log}");
        }
    }
    assert_eq!(
        called,
        methods_that_write(),
        "every method that writes is in the table"
    );
}

/// Every method whose schema says that it writes, and the one read that is recorded.
fn methods_that_write() -> BTreeSet<&'static str> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/methods");
    let mut names = BTreeSet::from(["audit.export"]);
    for file in std::fs::read_dir(dir).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let name = schema["method"].as_str().unwrap().to_owned();
        // Registered on test databases only, which this world is none of.
        if schema["write"] == true && name != "clock.advance" {
            names.insert(name.leak());
        }
    }
    names
}
