use super::*;
use crate::audit::samples::{
    MOMENT, arrival, decision, elevated_action, fix_salts, long_values, operator_action, parameter,
    place,
};
use crate::clock::When;
use serde_json::{Value, json};

fn sealed(mut draft: Draft) -> Sealed {
    fix_salts(&mut draft, "seal");
    seal(&draft, &place(3)).expect("sealed")
}

fn record(sealed: &Sealed) -> Value {
    serde_json::from_slice(&sealed.canonical).expect("JSON")
}

#[test]
fn the_record_holds_its_place_and_its_instants_as_integers() {
    let sealed = sealed(arrival());
    let record = record(&sealed);
    let recorded_at = MOMENT + 180_000;
    assert_eq!(record["FormatVersion"], json!(1));
    assert_eq!(
        record["LogId"],
        json!("0b1e4c5a-2d3f-4a6b-8c7d-9e0f1a2b3c4d")
    );
    assert_eq!(
        record["OrganizationId"],
        json!("dac0e46e-6bf4-4227-b525-676a25342e91")
    );
    assert_eq!(record["Sequence"], json!(3));
    assert_eq!(record["RecordedAt"], json!(recorded_at));
    assert_eq!(record["CreationTime"], json!(recorded_at));
    assert_eq!(
        record["Moments"],
        json!({"Deadline": MOMENT + 3_600_000, "ReviewedAt": MOMENT - 5})
    );
    assert_eq!(record.get("TestClock"), None);
    assert_eq!(sealed.creation.millis(), recorded_at);
    assert_eq!(sealed.leaf_hash, leaf_hash(&sealed.canonical));
}

#[test]
fn no_personal_value_stands_in_the_bytes() {
    let mut draft = elevated_action();
    draft.user = "dora@contoso.example".to_owned();
    draft.user_is_person = true;
    let sealed = sealed(draft.clone());
    let text = String::from_utf8(sealed.canonical.clone()).expect("UTF-8");
    for personal in [
        "dora@contoso.example",
        "192.0.2.68",
        "Rick Hofer",
        "engineer-7f3a9c21",
        "erin@provider.example",
        "gateway-eu-1",
        "manager-01ab23cd",
        "after the outage",
    ] {
        assert!(!text.contains(personal), "{personal}");
        assert!(
            sealed.beside.iter().any(|v| v.value.contains(personal)),
            "{personal}"
        );
    }
    let mut pointers: Vec<&str> = sealed.beside.iter().map(|v| v.pointer.as_str()).collect();
    pointers.sort_unstable();
    let mut expected = draft.personal_fields();
    expected.sort_unstable();
    assert_eq!(pointers, expected);
    assert!(sealed.beside.iter().all(|value| value.salt.is_some()));
}

#[test]
fn values_over_8_kib_enter_as_hash_and_length() {
    let draft = long_values();
    let sealed = sealed(draft.clone());
    let record = record(&sealed);
    let value = |index: usize| &record["Parameters"][index]["Value"];
    assert_eq!(value(0), &json!(draft.parameters[0].value));
    let long = &draft.parameters[1].value;
    assert_eq!(long.len(), MAX_INLINE_BYTES + 2);
    assert_eq!(
        value(1),
        &json!({"Length": 8_194, "Sha256": hex::encode(sha256(&[long.as_bytes()]))})
    );
    assert_eq!(value(2)["Length"], json!(8_193));
    assert!(value(2)["Commitment"].is_string());
    assert_eq!(value(3).get("Length"), None);
    assert!(value(3)["Commitment"].is_string());
    assert_eq!(value(4), &json!(""));
    let beside = |index: usize| {
        let pointer = format!("/Parameters/{index}/Value");
        sealed.beside.iter().find(|v| v.pointer == pointer)
    };
    assert_eq!(beside(0), None);
    let long = beside(1).expect("a long value stands beside");
    assert_eq!(
        (&long.value, &long.salt),
        (&draft.parameters[1].value, &None)
    );
    assert!(beside(2).expect("beside").salt.is_some());
}

#[test]
fn a_value_of_8192_bytes_stays_and_one_more_byte_does_not() {
    for (bytes, inside) in [(MAX_INLINE_BYTES, true), (MAX_INLINE_BYTES + 1, false)] {
        let mut draft = decision();
        draft.object_id = "o".repeat(bytes);
        let sealed = sealed(draft);
        assert_eq!(record(&sealed)["ObjectId"].is_string(), inside, "{bytes}");
    }
}

/// A decision whose record has exactly this many canonical bytes.
fn of_size(bytes: usize) -> Draft {
    let mut draft = decision();
    for index in 0..7 {
        draft
            .parameters
            .push(parameter(&format!("p{index}"), &"x".repeat(8_000), false));
    }
    draft.parameters.push(parameter("last", "", false));
    let missing = bytes - sealed(draft.clone()).canonical.len();
    draft.parameters.last_mut().expect("pushed").value = "x".repeat(missing);
    fix_salts(&mut draft, "seal");
    draft
}

#[test]
fn a_record_fits_at_65535_bytes_and_not_with_one_more() {
    let fits = seal(&of_size(MAX_CANONICAL_BYTES), &place(3)).expect("fits");
    assert_eq!(fits.canonical.len(), MAX_CANONICAL_BYTES);
    let error = seal(&of_size(MAX_CANONICAL_BYTES + 1), &place(3)).expect_err("too long");
    assert_eq!(error.code(), "invalidParams");
    assert!(
        error.message().contains("65536 bytes; at most 65535"),
        "{}",
        error.message()
    );
}

#[test]
fn the_size_is_checked_for_the_farthest_place_before_the_commit() {
    // A sequence number of 16 digits instead of one, and the mark of a test clock.
    let farther = 15 + r#""TestClock":true,"#.len();
    let draft = of_size(MAX_CANONICAL_BYTES - farther);
    draft.check_size().expect("fits everywhere");
    of_size(MAX_CANONICAL_BYTES - farther + 1)
        .check_size()
        .expect_err("fits only here");
    let mut unnumbered = of_size(MAX_CANONICAL_BYTES - farther - 10);
    unnumbered
        .check_size()
        .expect("fits with its reference number");
    let request = unnumbered.request.as_mut().expect("it has one");
    let known = std::mem::take(&mut request.reference).len();
    assert_eq!(known, 10);
    unnumbered
        .check_size()
        .expect("fits with the longest reference number");
    let mut unnumbered = of_size(MAX_CANONICAL_BYTES - farther - 9);
    unnumbered
        .request
        .as_mut()
        .expect("it has one")
        .reference
        .clear();
    unnumbered
        .check_size()
        .expect_err("the longest reference number is too much");
}

/// Whatever is taken to fit without being made does fit, though every byte is escaped, every place
/// is the farthest, and what was not numbered gets the longest reference number.
#[test]
fn what_surely_fits_does() {
    let (mut sure, mut unsure) = (0, 0);
    for mut draft in crate::audit::samples::all()
        .into_iter()
        .map(|sample| sample.draft)
    {
        for members in [0, 1, 40, 120, 300] {
            for bytes in [0, 1, 20, 100, 150, 1_000, 8_192, 9_000] {
                let text = "\u{1f}".repeat(bytes);
                draft.parameters = (0..members)
                    .map(|index| parameter(&format!("p{index}"), &text, index % 2 == 0))
                    .collect();
                draft.detail = text;
                draft.draw_salts();
                if let Some(request) = &mut draft.request {
                    request.reference.clear();
                }
                if !draft.surely_fits() {
                    unsure += 1;
                    continue;
                }
                sure += 1;
                if let Some(request) = &mut draft.request {
                    request.reference = LONGEST_REFERENCE.to_owned();
                }
                let mut farthest = place(0);
                farthest.sequence = (1 << 53) - 1;
                farthest.recorded_at = Timestamp::from_millis(9_000_000_000_000);
                farthest.test_clock = true;
                seal(&draft, &farthest).expect("it surely fits");
            }
        }
    }
    assert!(sure > 20 && unsure > 20, "{sure} and {unsure}");
    assert!(decision().surely_fits());
}

/// The bytes are those of the canonical form, made the long way round.
#[test]
fn the_fields_stand_in_the_order_of_the_canonical_form() {
    for mut draft in crate::audit::samples::all()
        .into_iter()
        .map(|sample| sample.draft)
    {
        draft.detail = "a \"text\" with \u{8}\u{1f}, \u{7f}, é, 𝄞 and \u{ffff}".to_owned();
        draft.reported_by = Some("gateway".to_owned());
        draft.actor.provider_name = Some("x".to_owned());
        draft.actor.token_id = Some("y".to_owned());
        draft.moments.push(("AFirst".to_owned(), When::COMMIT));
        draft.draw_salts();
        for test_clock in [false, true] {
            let mut place = place(9);
            place.test_clock = test_clock;
            let bytes = seal(&draft, &place).expect("sealed").canonical;
            let value: Value = serde_json::from_slice(&bytes).expect("JSON");
            let canonical = crate::audit::canonical_json(&value).expect("canonical");
            assert_eq!(String::from_utf8(bytes), String::from_utf8(canonical));
        }
    }
    let mut draft = decision();
    draft.moments = vec![
        ("\u{fffd}".to_owned(), When::COMMIT),
        ("𝄞".to_owned(), When::COMMIT),
    ];
    let bytes = sealed(draft).canonical;
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.find('𝄞') < text.find('\u{fffd}'), "by UTF-16: {text}");
}

#[test]
fn sealing_again_gives_the_same_and_another_place_gives_another_record() {
    let mut draft = elevated_action();
    draft.draw_salts();
    let first = seal(&draft, &place(0)).expect("sealed");
    assert_eq!(first, seal(&draft, &place(0)).expect("sealed"));
    let later = seal(&draft, &place(1)).expect("sealed");
    assert_ne!(first.leaf_hash, later.leaf_hash);
    assert_eq!(first.beside, later.beside);
}

#[test]
fn salts_that_do_not_fit_the_fields_are_a_fault_of_ours() {
    let mut draft = decision();
    assert_eq!(
        seal(&draft, &place(0)).expect_err("no salts").code(),
        "internal"
    );
    draft.draw_salts();
    draft.detail = "added later".to_owned();
    assert_eq!(
        seal(&draft, &place(0)).expect_err("one too few").code(),
        "internal"
    );
}

#[test]
fn integers_that_a_double_cannot_hold_are_refused() {
    let mut draft = decision();
    draft.creation = When::At(Timestamp::from_millis(1 << 53));
    fix_salts(&mut draft, "seal");
    assert_eq!(
        seal(&draft, &place(0)).expect_err("too large").code(),
        "invalidParams"
    );
    let mut draft = decision();
    fix_salts(&mut draft, "seal");
    let mut place = place(0);
    place.sequence = (1 << 53) - 1;
    seal(&draft, &place).expect("the last that fits");
    place.sequence += 1;
    seal(&draft, &place).expect_err("one more");
}

#[test]
fn a_moment_that_is_named_twice_is_a_fault_of_ours() {
    let mut draft = decision();
    draft.moments.push(draft.moments[0].clone());
    fix_salts(&mut draft, "seal");
    assert_eq!(
        seal(&draft, &place(0)).expect_err("twice").code(),
        "internal"
    );
}

#[test]
fn the_columns_are_an_index_over_the_record() {
    let mut draft = operator_action();
    draft.detail = "ÄRGER im Postfach".to_owned();
    let sealed = sealed(draft.clone());
    assert_eq!(sealed.id, draft.id);
    assert_eq!(sealed.sequence, 3);
    assert_eq!(sealed.record_type, 1);
    assert_eq!(sealed.operation, "New-MailboxSearch");
    assert_eq!(sealed.user_id, "Microsoft Operator");
    assert_eq!(sealed.client_address, "192.0.2.68");
    assert_eq!(sealed.object_id, "");
    assert_eq!(sealed.creation.millis(), MOMENT + 1_999);
    assert_eq!(sealed.recorded_at.millis(), MOMENT + 180_000);
    for found in [
        "new-mailboxsearch",
        "rick hofer",
        "ärger im postfach",
        "exsr123456",
        "engineer-7f3a",
    ] {
        assert!(sealed.text.contains(found), "{found}");
    }
    assert!(
        !sealed.text.contains("erin@provider.example"),
        "{}",
        sealed.text
    );
}
