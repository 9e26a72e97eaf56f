use super::*;
use crate::audit::csv;
use crate::audit::draft::Draft;
use crate::audit::samples::{
    all, arrival, decision, elevated_action, fix_salts, operator_action, place,
};
use crate::audit::seal::{Sealed, seal};

/// The published decision (facts 3.1), character by character.
const PUBLISHED_DECISION: &str = concat!(
    r#"{"ClientIP":"[2a01:111:f100:3002::8987:3552]:47621","CreationTime":"2019-02-06T00:46:06","#,
    r#""ExternalAccess":true,"Id":"6096e057-d524-4f44-dc18-08d68bcc7abd","#,
    r#""ObjectId":"979f5fcc-8442-44f9-a363-c56ab355d452","#,
    r#""Operation":"Set-AccessToCustomerDataRequest","#,
    r#""OrganizationId":"dac0e46e-6bf4-4227-b525-676a25342e91","#,
    r#""OrganizationName":"pam0131.onmicrosoft.com","#,
    r#""OriginatingServer":"BN6PR17MB2003 (15.20.1580.012)","#,
    r#""Parameters":[{"Name":"Comment","Value":"O365AdminPortal"},"#,
    r#"{"Name":"ApprovalDecision","Value":"Approve"},"#,
    r#"{"Name":"RequestId","Value":"979f5fcc-8442-44f9-a363-c56ab355d452"}],"#,
    r#""RecordType":1,"ResultStatus":"True","SessionId":"","#,
    r#""UserId":"BOXServiceAccount@namprd17.prod.outlook.com","#,
    r#""UserKey":"BOXServiceAccount@namprd17.prod.outlook.com","#,
    r#""UserType":3,"Version":1,"Workload":"Exchange","#,
);

fn sealed(mut draft: Draft, sequence: u64) -> Sealed {
    fix_salts(&mut draft, "render");
    seal(&draft, &place(sequence)).expect("sealed")
}

fn shown(draft: Draft, view: View) -> Visible {
    let sealed = sealed(draft, 0);
    render(&sealed.canonical, &sealed.beside, view).expect("rendered")
}

fn data(visible: &Visible) -> Value {
    serde_json::from_str(&visible.audit_data).expect("AuditData is JSON")
}

fn keys(value: &Value) -> Vec<&str> {
    let members = value.as_object().expect("an object");
    members.keys().map(String::as_str).collect()
}

#[test]
fn a_decision_is_the_published_record_with_ours_after_it() {
    let visible = shown(decision(), View::Customer);
    let (documented, _) = visible.audit_data.split_at(PUBLISHED_DECISION.len());
    assert_eq!(documented, PUBLISHED_DECISION);
    let data = data(&visible);
    assert_eq!(
        keys(&data)[DECISION_KEYS.len()..],
        [
            "Actor",
            "LockboxRequest",
            "Moments",
            "Detail",
            "Sequence",
            "RecordedAt",
            "LogId",
            "LeafHash"
        ]
    );
    assert_eq!(
        data["Actor"],
        json!({
            "Id": "5f0c3a52-7a2e-4f0a-9a53-0d9a1d6f3b11", "Name": "alice@contoso.example",
            "Kind": "person", "Authentication": "token", "Via": "tcp",
            "TokenId": "c0ffee00-1234-4abc-8def-001122334455",
        })
    );
    assert_eq!(
        keys(&data["LockboxRequest"]),
        [
            "Identity",
            "RequestId",
            "ServiceRequestNumber",
            "TermsDigest"
        ]
    );
    assert_eq!(data["LockboxRequest"]["RequestId"], json!("EXSR123456"));
    assert_eq!(
        data["Moments"],
        json!({"AccessEnd": "2019-02-06T04:46:06.789Z"})
    );
    assert_eq!(data["RecordedAt"], json!("2019-02-06T00:46:06.789Z"));
    assert_eq!(data["LeafHash"], json!(hex::encode(visible.leaf_hash)));
}

#[test]
fn an_operators_action_has_the_published_order_without_a_session() {
    let visible = shown(operator_action(), View::Customer);
    let data = data(&visible);
    assert_eq!(keys(&data)[..OPERATOR_KEYS.len()], OPERATOR_KEYS);
    assert_eq!(data.get("SessionId"), None);
    assert!(visible.audit_data.starts_with(concat!(
        r#"{"CreationTime":"2019-02-06T00:46:08","Id":"a1b2c3d4-daa0-4c4f-a019-03a1234a1b0c","#,
        r#""Operation":"New-MailboxSearch","OrganizationId":"dac0e46e-6bf4-4227-b525-676a25342e91","#,
        r#""RecordType":1,"ResultStatus":"True","UserKey":"Microsoft Operator","UserType":3,"#,
        r#""Version":1,"Workload":"Exchange","ClientIP":"192.0.2.68:17584","ObjectId":"","#,
        r#""UserId":"Microsoft Operator","ExternalAccess":true,"#,
        r#""OrganizationName":"pam0131.onmicrosoft.com","#,
    )), "{}", visible.audit_data);
}

#[test]
fn elevation_has_its_documented_names_and_order() {
    let visible = shown(elevated_action(), View::Customer);
    let data = data(&visible);
    let ours = &keys(&data)[OPERATOR_KEYS.len()..];
    assert_eq!(
        ours,
        [
            "Actor",
            "LockboxRequest",
            "StartTime",
            "EffectiveOrganization",
            "ElevationTime",
            "ElevationApprover",
            "ElevationApprovedTime",
            "ElevationRequestId",
            "ElevationRole",
            "ElevationDuration",
            "GenericInfo",
            "ReportedBy",
            "Detail",
            "Sequence",
            "RecordedAt",
            "LogId",
            "LeafHash"
        ]
    );
    assert_eq!(data["ResultStatus"], json!("False"));
    assert_eq!(data["StartTime"], json!("2019-02-06T00:46:08"));
    assert_eq!(data["ElevationTime"], json!("2019-02-06T00:46:06"));
    assert_eq!(data["ElevationApprovedTime"], json!("2019-02-05T23:46:06"));
    assert_eq!(data["ElevationApprover"], json!("manager-01ab23cd"));
    assert_eq!(data["ElevationDuration"], json!(14_400));
    assert_eq!(data["ReportedBy"], json!("gateway-eu-1"));
}

#[test]
fn columns_are_the_documented_ones() {
    let visible = shown(elevated_action(), View::Customer);
    assert_eq!(visible.date, "2019-02-06T00:46:08");
    assert_eq!(visible.ip, "192.0.2.68:17584");
    assert_eq!(visible.user, "Microsoft Operator");
    assert_eq!(visible.activity, "Add-MailboxPermission");
    assert_eq!(visible.item, "");
    assert_eq!(visible.detail, "reported after the outage");
    assert_eq!(visible.actor, "engineer-7f3a9c21");
    assert_eq!((visible.record_type, visible.sequence), (1, 0));
    assert_eq!(visible.creation.to_string(), "2019-02-06T00:46:08.788Z");
    assert_eq!(visible.recorded_at.to_string(), "2019-02-06T00:46:06.789Z");
}

#[test]
fn only_the_provider_sees_the_providers_own_name() {
    let customer = shown(operator_action(), View::Customer);
    assert!(!customer.audit_data.contains("erin@provider.example"));
    assert_eq!(data(&customer)["Actor"].get("ProviderName"), None);
    assert!(!View::Customer.shows("/Actor/ProviderName"));
    assert!(View::Customer.shows("/Actor/Name"));
    let provider = shown(operator_action(), View::Provider);
    assert_eq!(
        data(&provider)["Actor"]["ProviderName"],
        json!("erin@provider.example")
    );
    assert_eq!(customer.leaf_hash, provider.leaf_hash);
}

#[test]
fn erased_values_are_empty_text() {
    let sealed = sealed(elevated_action(), 0);
    let visible = render(&sealed.canonical, &[], View::Provider).expect("rendered");
    let data = data(&visible);
    assert_eq!((visible.ip.as_str(), visible.detail.as_str()), ("", ""));
    assert_eq!(visible.user, "Microsoft Operator");
    assert_eq!(data["Parameters"], json!([{"Name": "Name", "Value": ""}]));
    assert_eq!(data["Actor"]["Name"], json!(""));
    assert_eq!(data["GenericInfo"], json!(""));
}

#[test]
fn long_values_are_shown_whole() {
    let draft = crate::audit::samples::long_values();
    let visible = shown(draft.clone(), View::Customer);
    let data = data(&visible);
    for (index, parameter) in draft.parameters.iter().enumerate() {
        assert_eq!(
            data["Parameters"][index]["Value"],
            json!(parameter.value),
            "{index}"
        );
    }
}

#[test]
fn an_act_is_what_the_record_shows_of_it() {
    for sample in all() {
        let sealed = seal(&sample.draft, &sample.place).expect("sealed");
        for (beside, view) in [
            (sealed.beside.as_slice(), View::Provider),
            (sealed.beside.as_slice(), View::Customer),
            (&[], View::Customer),
        ] {
            let visible = render(&sealed.canonical, beside, view).expect("rendered");
            let acted = act(&sealed.canonical, beside).expect("opened");
            assert_eq!(acted.actor, visible.actor);
            assert_eq!(acted.operation, visible.operation);
            assert_eq!(acted.object, visible.item);
            let shown: Vec<Value> = acted
                .parameters
                .iter()
                .map(|(name, value)| json!({"Name": name, "Value": value}))
                .collect();
            assert_eq!(Value::Array(shown), data(&visible)["Parameters"]);
        }
    }
}

#[test]
fn a_test_clock_is_named_and_a_real_one_is_not() {
    let mut place = place(0);
    place.test_clock = true;
    let mut draft = arrival();
    fix_salts(&mut draft, "render");
    let sealed = seal(&draft, &place).expect("sealed");
    let visible = render(&sealed.canonical, &sealed.beside, View::Customer).expect("rendered");
    assert_eq!(keys(&data(&visible)).last(), Some(&"TestClock"));
    assert_eq!(data(&visible)["TestClock"], json!(true));
    assert_eq!(
        data(&shown(arrival(), View::Customer)).get("TestClock"),
        None
    );
}

#[test]
fn bytes_that_are_no_record_of_a_known_format_are_an_error() {
    let sealed = sealed(decision(), 0);
    let text = String::from_utf8(sealed.canonical).expect("UTF-8");
    let other = text.replace(r#""FormatVersion":1"#, r#""FormatVersion":2"#);
    assert_ne!(text, other);
    for bytes in [other.as_bytes(), b"", b"{}"] {
        let error = render(bytes, &[], View::Customer).expect_err("no record");
        assert_eq!(error.code(), "internal");
    }
}

#[test]
fn a_line_of_csv_holds_the_seven_columns() {
    let mut draft = decision();
    draft.detail = "=cmd()".to_owned();
    let visible = shown(draft, View::Customer);
    let line = csv::row(&visible);
    let start = concat!(
        "2019-02-06T00:46:06,[2a01:111:f100:3002::8987:3552]:47621,",
        "BOXServiceAccount@namprd17.prod.outlook.com,Set-AccessToCustomerDataRequest,",
        "979f5fcc-8442-44f9-a363-c56ab355d452,'=cmd(),",
        "\"{\"\"ClientIP\"\":\"\"[2a01:"
    );
    assert!(line.starts_with(start), "{line}");
    assert!(line.ends_with("\"\"}\"\r\n"), "{line}");
    assert_eq!(
        csv::HEADER,
        "Date,IP,User,Activity,Item,Detail,AuditData\r\n"
    );
}

fn schema() -> jsonschema::Validator {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/schemas/audit-record.schema.json"
    );
    let text = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::draft7::meta::validate(&schema).expect("a schema of draft-07");
    jsonschema::draft202012::meta::validate(&schema).expect("a schema of 2020-12");
    jsonschema::draft7::new(&schema).expect("it compiles")
}

#[test]
fn what_is_shown_fits_the_published_schema() {
    let schema = schema();
    for sample in all() {
        let sealed = seal(&sample.draft, &sample.place).expect("sealed");
        for view in [View::Customer, View::Provider] {
            for beside in [&sealed.beside[..], &[]] {
                let visible = render(&sealed.canonical, beside, view).expect("rendered");
                if let Err(error) = schema.validate(&data(&visible)) {
                    panic!("{}: {error} at {}", sample.name, error.instance_path());
                }
            }
        }
    }
}

#[test]
fn the_schema_refuses_what_is_no_record() {
    let schema = schema();
    let good = data(&shown(elevated_action(), View::Customer));
    assert!(schema.is_valid(&good));
    let members: Vec<String> = good
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    let optional = ["LockboxRequest", "ReportedBy", "ElevationApprovedTime"];
    for key in &members {
        let mut less = good.clone();
        less.as_object_mut().expect("an object").shift_remove(key);
        assert_eq!(
            schema.is_valid(&less),
            optional.contains(&key.as_str()),
            "without {key}"
        );
    }
    for (key, wrong) in [
        ("CreationTime", json!("2019-02-06T00:46:06Z")),
        ("RecordedAt", json!("2019-02-06T00:46:06Z")),
        ("Version", json!(1.5)),
        ("ClientIP", json!("2001:db8::7")),
        ("ResultStatus", json!("Succeeded")),
        ("UserType", json!("3")),
        ("LeafHash", json!("00")),
        ("TestClock", json!(false)),
        ("Unknown", json!("")),
    ] {
        let mut bad = good.clone();
        bad[key] = wrong;
        assert!(!schema.is_valid(&bad), "{key}");
    }
}
