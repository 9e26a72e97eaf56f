//! Fixed drafts, for tests and golden files.

use super::draft::{ActorField, Draft, Elevation, Parameter, RequestLink, Shape, UserType};
use super::seal::Place;
use crate::clock::{Timestamp, When};
use crate::crypto::sha256;
use crate::ids::{LogId, OrgId, RecordId, RequestId};
use std::str::FromStr;

pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) draft: Draft,
    pub(super) place: Place,
}

/// The instant of the published decision, and 789 ms.
pub(super) const MOMENT: i64 = 1_549_413_966_789;

fn id<T: FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a fixed GUID")
}

pub(super) fn request_id() -> RequestId {
    id("979f5fcc-8442-44f9-a363-c56ab355d452")
}

pub(super) fn place(sequence: u64) -> Place {
    Place {
        log_id: id::<LogId>("0b1e4c5a-2d3f-4a6b-8c7d-9e0f1a2b3c4d"),
        sequence,
        recorded_at: Timestamp::from_millis(
            MOMENT + i64::try_from(sequence).expect("small") * 60_000,
        ),
        test_clock: false,
    }
}

pub(super) fn parameter(name: &str, value: &str, free_text: bool) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        free_text,
    }
}

/// Salts that are always the same, one for each personal field.
pub(super) fn fix_salts(draft: &mut Draft, seed: &str) {
    draft.salts = draft
        .personal_fields()
        .iter()
        .map(|pointer| sha256(&[seed.as_bytes(), pointer.as_bytes()]))
        .collect();
}

/// A decision with the values of the published record (facts 3.1).
pub(super) fn decision() -> Draft {
    Draft {
        id: id::<RecordId>("6096e057-d524-4f44-dc18-08d68bcc7abd"),
        org: id::<OrgId>("dac0e46e-6bf4-4227-b525-676a25342e91"),
        organization_name: "pam0131.onmicrosoft.com".to_owned(),
        shape: Shape::Decision,
        creation: When::COMMIT,
        operation: super::operations::DECISION.to_owned(),
        record_type: super::record_types::EXCHANGE_ADMIN,
        succeeded: true,
        user: "BOXServiceAccount@namprd17.prod.outlook.com".to_owned(),
        user_is_person: false,
        user_type: UserType::DataCenterAdmin,
        external_access: true,
        client_ip: "[2a01:111:f100:3002::8987:3552]:47621".to_owned(),
        object_id: request_id().to_string(),
        originating_server: "BN6PR17MB2003 (15.20.1580.012)".to_owned(),
        workload: "Exchange".to_owned(),
        parameters: vec![
            parameter("Comment", "O365AdminPortal", true),
            parameter("ApprovalDecision", "Approve", false),
            parameter("RequestId", &request_id().to_string(), false),
        ],
        detail: String::new(),
        actor: ActorField {
            id: "5f0c3a52-7a2e-4f0a-9a53-0d9a1d6f3b11".to_owned(),
            name: "alice@contoso.example".to_owned(),
            provider_name: None,
            kind: "person".to_owned(),
            authentication: "token".to_owned(),
            via: "tcp".to_owned(),
            token_id: Some("c0ffee00-1234-4abc-8def-001122334455".to_owned()),
        },
        reported_by: None,
        request: Some(RequestLink {
            identity: request_id(),
            reference: "EXSR123456".to_owned(),
            ticket: "CLB#TEST02052018".to_owned(),
            terms_digest: hex::encode(sha256(&[b"terms"])),
        }),
        elevation: None,
        moments: vec![("AccessEnd".to_owned(), When::after_seconds(4 * 3_600))],
        salts: Vec::new(),
    }
}

/// An engineer's action (facts 3.2).
pub(super) fn operator_action() -> Draft {
    Draft {
        id: id::<RecordId>("a1b2c3d4-daa0-4c4f-a019-03a1234a1b0c"),
        shape: Shape::Operator,
        creation: When::At(Timestamp::from_millis(MOMENT + 1_999)),
        operation: "New-MailboxSearch".to_owned(),
        user: "Microsoft Operator".to_owned(),
        client_ip: "192.0.2.68:17584".to_owned(),
        object_id: String::new(),
        parameters: vec![parameter("Name", "Rick Hofer", true)],
        actor: ActorField {
            id: "7d1b9f6e-3c58-4a0e-8a0b-6f1de2b8a901".to_owned(),
            name: "engineer-7f3a9c21".to_owned(),
            provider_name: Some("erin@provider.example".to_owned()),
            kind: "person".to_owned(),
            authentication: "token".to_owned(),
            via: "tcp".to_owned(),
            token_id: None,
        },
        moments: Vec::new(),
        ..decision()
    }
}

/// An engineer's action that a gateway reports later, with the elevation that covers it.
pub(super) fn elevated_action() -> Draft {
    Draft {
        id: id::<RecordId>("b2c3d4e5-ebb1-4d5e-b12a-14b2345b2c1d"),
        operation: "Add-MailboxPermission".to_owned(),
        succeeded: false,
        detail: "reported after the outage".to_owned(),
        reported_by: Some("gateway-eu-1".to_owned()),
        elevation: Some(Elevation {
            start_time: When::At(Timestamp::from_millis(MOMENT + 1_999)),
            effective_organization: "pam0131.onmicrosoft.com".to_owned(),
            elevation_time: When::At(Timestamp::from_millis(MOMENT)),
            approver: "manager-01ab23cd".to_owned(),
            approved_time: Some(When::At(Timestamp::from_millis(MOMENT - 3_600_000))),
            request_id: request_id(),
            role: "SupportEngineer".to_owned(),
            duration_seconds: 14_400,
            generic_info: "Troubleshoot issues in Rick Hofer mailbox".to_owned(),
        }),
        ..operator_action()
    }
}

/// A person's own act, with text that is no ASCII.
fn denial() -> Draft {
    Draft {
        id: id::<RecordId>("c3d4e5f6-fcc2-4e6f-923b-25c3456c3d2e"),
        user: "jürgen@kö\u{308}ln.example".to_owned(),
        user_is_person: true,
        user_type: UserType::Admin,
        external_access: false,
        operation: super::operations::REQUEST_REFUSED.to_owned(),
        succeeded: false,
        parameters: vec![
            parameter(
                "Comment",
                "Nein: \"außerhalb\"\n\tשלום \u{202e}😀 \u{2028}\u{7f}",
                true,
            ),
            parameter("\u{20ac}", "e\u{301} is not é", false),
        ],
        detail: "Größe \\ / <&>".to_owned(),
        moments: vec![
            ("\u{ff21}".to_owned(), When::COMMIT),
            ("😀".to_owned(), When::after_seconds(-1)),
        ],
        ..decision()
    }
}

/// Values at and over the limit for what stands in a record.
pub(super) fn long_values() -> Draft {
    Draft {
        id: id::<RecordId>("d4e5f6a7-add3-4f7a-834c-36d4567d4e3f"),
        parameters: vec![
            parameter("AtTheLimit", &"x".repeat(8_192), false),
            parameter("OverTheLimit", &"é".repeat(4_097), false),
            parameter("LongComment", &"y".repeat(8_193), true),
            parameter("CommentAtTheLimit", &"z".repeat(8_192), true),
            parameter("Comment", "", true),
        ],
        ..decision()
    }
}

/// The arrival of a request, seen by the daemon: no person, no address.
pub(super) fn arrival() -> Draft {
    Draft {
        id: id::<RecordId>("e5f6a7b8-bee4-4a8b-945d-47e5678e5f4a"),
        operation: super::operations::REQUEST_ARRIVED.to_owned(),
        user: "lockboxd".to_owned(),
        user_type: UserType::System,
        external_access: false,
        client_ip: String::new(),
        parameters: Vec::new(),
        actor: ActorField {
            name: "lockboxd".to_owned(),
            kind: "daemon".to_owned(),
            authentication: "daemon".to_owned(),
            via: "internal".to_owned(),
            ..ActorField::default()
        },
        moments: vec![
            (
                "ReviewedAt".to_owned(),
                When::At(Timestamp::from_millis(MOMENT - 5)),
            ),
            (
                "Deadline".to_owned(),
                When::Commit {
                    plus_millis: 12 * 3_600_000,
                    not_after: Some(Timestamp::from_millis(MOMENT + 3_600_000)),
                },
            ),
        ],
        ..decision()
    }
}

/// The fixed drafts in their fixed places: one small log.
pub(super) fn all() -> Vec<Sample> {
    let drafts = [
        ("decision", decision()),
        ("operator-action", operator_action()),
        ("elevation", elevated_action()),
        ("non-ascii", denial()),
        ("long-values", long_values()),
        ("arrival", arrival()),
        (
            "ipv6-person",
            Draft {
                id: id::<RecordId>("f6a7b8c9-cff5-4b9c-a56e-58f6789f6a5b"),
                user: "bob@contoso.example".to_owned(),
                user_is_person: true,
                user_type: UserType::Admin,
                external_access: false,
                operation: super::operations::SETTINGS_CHANGED.to_owned(),
                client_ip: "[2001:db8::7]:50123".to_owned(),
                object_id: "settings".to_owned(),
                parameters: vec![parameter("HoursToAnswer", "24", false)],
                request: None,
                moments: Vec::new(),
                ..decision()
            },
        ),
        (
            "test-clock",
            Draft {
                id: id::<RecordId>("07b8c9da-d006-4cad-b67f-69078a907b6c"),
                operation: super::operations::REQUEST_EXPIRED.to_owned(),
                creation: When::At(Timestamp::from_millis(MOMENT - 1)),
                ..arrival()
            },
        ),
    ];
    drafts
        .into_iter()
        .zip(0..)
        .map(|((name, mut draft), sequence)| {
            fix_salts(&mut draft, name);
            let mut place = place(sequence);
            place.test_clock = name == "test-clock";
            Sample { name, draft, place }
        })
        .collect()
}
