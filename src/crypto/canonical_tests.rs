use super::*;
use serde_json::json;

fn text(value: &Value) -> String {
    String::from_utf8(canonical_json(value).expect("canonical")).expect("UTF-8")
}

#[test]
fn keys_are_sorted_as_in_rfc_8785_section_3_2_3() {
    let value = parse(
        br#"{"\u20ac":"Euro Sign","\r":"Carriage Return",
             "\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
             "\u00f6":"Latin Small Letter O With Diaeresis"}"#,
    )
    .expect("the vector is JSON");
    let canonical = text(&value);
    let order = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|name| canonical.find(name).expect("every member is there"))
        .collect();
    assert!(places.is_sorted(), "{canonical}");
    assert!(
        canonical.starts_with(r#"{"\r":"Carriage Return","1":"One","#),
        "{canonical}"
    );
}

#[test]
fn strings_and_literals_are_those_of_rfc_8785_section_3_2_4() {
    let value = parse(
        br#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
             "literals": [null, true, false]}"#,
    )
    .expect("the vector is JSON");
    let expected = concat!(
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c",
        "22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
    );
    assert_eq!(
        hex::encode(canonical_json(&value).expect("canonical")),
        expected
    );
}

#[test]
fn every_control_character_has_its_shortest_escape_and_nothing_else_has_one() {
    let value = json!("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}\u{80}\u{2028}/<é");
    assert_eq!(
        text(&value),
        "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\u{80}\u{2028}/<é\""
    );
}

#[test]
fn strings_are_not_normalised() {
    assert_ne!(text(&json!("\u{e9}")), text(&json!("e\u{301}")));
}

#[test]
fn integers_below_2_to_the_53_are_kept_and_others_are_refused_by_pointer() {
    assert_eq!(
        text(&json!([
            0,
            -1,
            9_007_199_254_740_991_u64,
            -9_007_199_254_740_991_i64
        ])),
        "[0,-1,9007199254740991,-9007199254740991]"
    );
    for refused in [
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615",
        "1.0",
        "1e3",
        "-0",
        "0.5",
    ] {
        let value = parse(format!(r#"{{"a/b":[true,{refused}]}}"#).as_bytes()).expect("JSON");
        let error = canonical_json(&value).expect_err(refused);
        assert_eq!(error.code(), "invalidParams");
        assert_eq!(
            error.detail("pointer"),
            Some(&json!("/a~1b/1")),
            "{refused}"
        );
    }
}

#[test]
fn unpaired_surrogates_are_refused_on_parse() {
    for refused in [
        &br#""\ud800""#[..],
        br#""\udc00""#,
        br#""\ud800\ud800""#,
        br#""\ud800x""#,
        br#"{"\udfff":1}"#,
        b"\"\xed\xa0\x80\"",
    ] {
        let error = parse(refused).expect_err("an unpaired surrogate is no text");
        assert_eq!(error.code(), "invalidParams");
    }
    assert_eq!(
        parse(br#""\ud83d\ude00""#).expect("a pair is text"),
        json!("😀")
    );
}
