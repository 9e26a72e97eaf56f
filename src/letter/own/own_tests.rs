use super::*;
use crate::clock::ManualClock;
use crate::letter::{render, samples};

pub(super) const ARRIVED: Event = Event::RequestArrived;

pub(super) fn still() -> ManualClock {
    ManualClock::at(Timestamp::from_millis(0))
}

pub(super) fn template(text: &str) -> Template {
    Template {
        subject: "Request".to_owned(),
        text: text.to_owned(),
        html: None,
    }
}

pub(super) fn checked(text: &str) -> Result<(), String> {
    check(ARRIVED, &template(text), &still())
}

pub(super) fn setting(clock: &dyn Clock) -> Setting<'_> {
    Setting {
        language: Language::En,
        zone: None,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock,
    }
}

pub(super) fn arrived() -> Facts {
    samples(ARRIVED, Audience::Approvers)
}

/// The text as it is sent, from the tenant's own.
pub(super) fn sent(facts: &Facts, text: &str) -> String {
    let clock = still();
    let letter = render(facts, &setting(&clock), Some(&template(text)));
    assert_eq!(letter.fell_back, None);
    letter.text
}

#[test]
fn a_text_names_facts_and_asks_and_loops() {
    let text = "{# hello #}{{ tenant.displayName }}: {{ request.requestId }} by {{ request.requestor | upper }}\n\
        {% if request.citizenship %}from {{ request.citizenship }}{% else %}from nowhere{% endif %}\n\
        {% for one in request.resources %}{{ loop.index }}. {{ one }}\n{% endfor %}\
        {{ request.dataCategories | join(\", \") }}; {{ request.dataCategories | length }}\n\
        {{ request.expirationDate | time }}; {{ request.durationSeconds | duration }}\n\
        {{ request.requestId | command(\"Deny\") }}\n\
        {{ request.accessEnd | time }}{{ request.citizenship | default(\"-\") }}\n\
        {% for one in details %}{{ one.name }}={{ one.value }}{% endfor %}";
    checked(text).unwrap();
    assert_eq!(
        sent(&arrived(), text),
        "Contoso: EXSR000042 by MICROSOFT ENGINEER\nfrom nowhere\n1. mailbox ada@contoso.example\n\
         Mail content; 1\n2026-11-22 01:00:00 UTC; 04:00:00\n\
         Set-AccessToCustomerDataRequest -RequestId EXSR000042 -ApprovalDecision Deny -Comment \"...\"\n-\n"
    );
}

#[test]
fn what_a_text_may_not_hold_is_named_with_its_line() {
    for (text, said) in [
        (
            "\n{{ request.reasn }}",
            "The text, line 2: this event has no 'reasn'; there are: reason.",
        ),
        (
            "{{ password }}",
            "The text, line 1: this event has no 'password'; there are: event, audience",
        ),
        (
            "{{ request.reason.length }}",
            "this has no fields, so no 'length'",
        ),
        (
            "{{ request }}",
            "this is no text; write one of its fields: identity",
        ),
        ("{{ details }}", "this is a list; write it with {% for %}"),
        ("{{ details | join(\",\") }}", "this is no text"),
        ("{{ request.reason | join(\",\") }}", "join is for lists"),
        ("{{ request.reason ", "The text, line 1: "),
        ("{% if request.reason %}", "The text, line 1: "),
        (
            "x\ny\n{% include 'other' %}",
            "The text, line 3: 'include' is not allowed; a text holds {{ values }}",
        ),
        ("{% import 'other' as x %}", "'import' is not allowed"),
        ("{% from 'other' import x %}", "'from' is not allowed"),
        ("{% extends 'other' %}", "'extends' is not allowed"),
        ("{% block x %}{% endblock %}", "'block' is not allowed"),
        ("{% macro x() %}{% endmacro %}", "'macro' is not allowed"),
        ("{% set x = 1 %}", "'set' is not allowed"),
        ("{% set x %}a{% endset %}", "'set' is not allowed"),
        ("{% with x = 1 %}{% endwith %}", "'with' is not allowed"),
        (
            "{% filter upper %}a{% endfilter %}",
            "'filter' is not allowed",
        ),
        (
            "{% autoescape false %}a{% endautoescape %}",
            "'autoescape' is not allowed",
        ),
        ("{% do x() %}", "'do' is not allowed"),
        ("{{ range(3) }}", "this is not allowed"),
        ("{{ request.reason.upper() }}", "this is not allowed"),
        ("{{ [1, 2] }}", "this is not allowed"),
        ("{{ {'a': 1} }}", "this is not allowed"),
        ("{{ request.reason[:3] }}", "this is not allowed"),
        ("{{ request['reason'] }}", "this is not allowed"),
        ("{{ request.reason is defined }}", "this is not allowed"),
        ("{{ 'a' * 1000000 }}", "texts do not calculate"),
        ("{{ request.reason ~ 'a' }}", "texts do not calculate"),
        ("{{ request.reason + 'a' }}", "texts do not calculate"),
        ("{{ 9 ** 9 }}", "texts do not calculate"),
        (
            "{{ request.reason | safe }}",
            "there is no filter 'safe'; there are: time",
        ),
        (
            "{{ request.reason | uper }}",
            "there is no filter 'uper'; there are: upper.",
        ),
        (
            "{{ request.reason | default(request.state) }}",
            "what a filter is given stands in quotes",
        ),
        (
            "{{ request.requestId | command(\"Approve; x\") }}",
            "a command decides",
        ),
        (
            "{% for a, b in details %}{% endfor %}",
            "a loop has one name",
        ),
        (
            "{% for a in request.reason %}{% endfor %}",
            "a loop runs over a list",
        ),
        (
            "{% for a in details recursive %}{% endfor %}",
            "'recursive' is not allowed",
        ),
        (
            "{% for a in details %}{% endfor %}{{ a }}",
            "this event has no 'a'",
        ),
        (" \n", "The text is empty"),
    ] {
        let refused = checked(text).expect_err(text);
        assert!(refused.contains(said), "{text}\n{refused}");
    }
}

#[test]
fn an_event_of_the_organization_has_no_request() {
    let text = template("{{ request.reason }}");
    let refused = check(Event::PolicyChanged, &text, &still()).unwrap_err();
    assert!(refused.contains("this event has no 'request'"), "{refused}");
    check(Event::PolicyChanged, &template("{{ actor }}"), &still()).unwrap();
}

#[test]
fn every_event_tells_all_that_facts_can_hold() {
    for event in Event::ALL {
        let Facts {
            event: _,
            audience: _,
            at: _,
            tenant,
            request,
            actor,
            details,
        } = full(*event);
        assert!(tenant.display_name.is_some() && actor.is_some() && !details.is_empty());
        assert_eq!(request.is_some(), event.of_request());
        let Some(crate::domain::notice::facts::RequestFacts {
            identity: _,
            request_id: _,
            profile: _,
            service_name: _,
            service_request_number: _,
            requestor: _,
            reason: _,
            state: _,
            resources,
            data_categories,
            access_level: _,
            created_date: _,
            duration_seconds: _,
            citizenship,
            expiration_date,
            approvals,
            decision,
            decided_by,
            comment,
            access_start,
            access_end,
            actions,
        }) = request
        else {
            continue;
        };
        assert!(!resources.is_empty() && !data_categories.is_empty());
        assert!(citizenship.is_some() && expiration_date.is_some() && approvals.is_some());
        assert!(decision.is_some() && decided_by.is_some() && comment.is_some());
        assert!(access_start.is_some() && access_end.is_some() && actions.is_some());
    }
}

#[test]
fn a_broken_text_falls_back_to_the_shipped_one_and_says_so() {
    let clock = still();
    let facts = arrived();
    let shipped = render(&facts, &setting(&clock), None);
    let letter = render(
        &facts,
        &setting(&clock),
        Some(&template("{{ request.reasn }}")),
    );
    assert!(letter.fell_back.as_deref().unwrap().contains("no 'reasn'"));
    assert_eq!(
        Letter {
            fell_back: None,
            ..letter
        },
        shipped
    );
}

#[test]
fn html_is_escaped_and_fetches_nothing() {
    let clock = still();
    let mut facts = arrived();
    let hostile = "<script>alert(1)</script>\u{202e}\"'&";
    let request = facts.request.as_mut().unwrap();
    request.reason = hostile.to_owned();
    request.resources = vec![hostile.to_owned(), "<b>".to_owned()];
    let own = |html: &str| Template {
        html: Some(html.to_owned()),
        ..template("text")
    };
    let html = "<p title=\"{{ request.reason }}\">{{ request.reason | upper }} {{ request.resources | join(\"<\") }} {{ request.citizenship | default(\"<i>\") }}</p>";
    let letter = render(&facts, &setting(&clock), Some(&own(html)));
    assert_eq!(letter.fell_back, None);
    assert_eq!(letter.html.matches('<').count(), 2, "{}", letter.html);
    assert_eq!(letter.html.matches('"').count(), 2, "{}", letter.html);
    assert!(letter.html.contains("\\u202E"), "{}", letter.html);
    for refused in [
        "<IMG alt=x>",
        "<scr{# #}ipt>",
        "<p style=\"background:url(x)\">",
        "<link>",
        // The tag's name comes from a value.
        "<{{ \"img\" }} src=https://x.example/>",
        "<{% if request.reason %}{{ \"img\" }}{% endif %} src=x>",
        "<{{ request.reason }}>",
        "<p {{ \"onload\" }}=\"x\">",
        "<p{{ \"/\" }}onload=x>",
        "<input type=image src=x>",
        "<table background=\"https://x.example/\">",
        "<body/background=x>",
        "<meta http-equiv=\"refresh\" content=\"0;url=x\">",
        "<picture><source srcset=x></picture>",
        "<div style=\"background:image-set('https://x.example/' 1x)\">",
        "<div style=\"background:u\\72l(x)\">",
        "<div style=\"background:&#117;rl(x)\">",
        "<div style=\"background:UR{{ \"L\" }}(x)\">",
        "<style>@import 'https://x.example/'</style>",
        "<style>@font-face { src: local(x) }</style>",
        "<style>p { color: red }",
        "<style><!-- </style>",
        "<title><p title=\"</title><b>\"></title>",
        "<!-- a comment -->",
        "<!--[if mso]><v:rect fill=x><![endif]-->",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"&#106;avascript:alert(1)\">x</a>",
        "<a href=\" javascript:alert(1)\">x</a>",
        "<a href=\"{{ request.reason }}\">x</a>",
        "<a ping=\"https://x.example/\" href=\"https://x.example/\">x</a>",
        "<p title=\"x",
        "<p title=`x`>",
        "1 < 2",
        "<p",
        "<im\0g src=x>",
        "<math><mi>x</mi></math>",
        "<svg/onload=x>",
    ] {
        let said = check(ARRIVED, &own(refused), &still()).expect_err(refused);
        assert!(said.contains("mails fetch and run nothing"), "{said}");
    }
    for allowed in [
        "<!DOCTYPE html>\n<html lang=\"de\"><head><meta charset=\"utf-8\"><meta name=viewport content=\"width=device-width\"><title>x</title>\
         <style>p { color: rgb(1, 2, 3) } @media (prefers-color-scheme:dark) { p { color: #fff } }</style></head>\
         <body bgcolor=#ffffff><H1 style='font-size:20px'>{{ tenant.displayName }}</H1><br/><br /><hr></body></html>",
        "<table width=100% cellpadding=\"0\"><tr><td align='center' colspan=2 style=\"width:calc(100% - 2px)\">x</td></tr></table>",
        "<a href=\"https://portal.example/{{ request.identity }}?a=b&amp;c=d\" target=\"_blank\">1 &lt; 2 > 1</a> <a href='mailto:a@x.example'>x</a>",
    ] {
        check(ARRIVED, &own(allowed), &still()).expect(allowed);
    }
    // What only the event's own values bring about is seen when it is written.
    let mut odd = arrived();
    odd.tenant.display_name = Some("img src=https://x.example/ x".to_owned());
    let letter = render(
        &odd,
        &setting(&clock),
        Some(&own(
            "{% if tenant.displayName != \"Contoso\" %}<{{ tenant.displayName }}>{% endif %}",
        )),
    );
    let said = letter.fell_back.unwrap();
    assert!(said.contains("'<img'"), "{said}");
    assert!(!letter.html.contains("<img"), "{}", letter.html);
    // Without HTML it is made of the text.
    let letter = render(
        &facts,
        &setting(&clock),
        Some(&template("{{ request.reason }}\n<b>")),
    );
    assert!(letter.html.contains("&lt;script&gt;") && letter.html.contains("&lt;b&gt;"));
    assert!(!letter.html.contains("<script") && !letter.html.contains("<b>"));
}

#[test]
fn values_are_text_in_subjects_and_texts() {
    let clock = still();
    let mut facts = arrived();
    let request = facts.request.as_mut().unwrap();
    request.reason = "one\r\nExpires: never\u{202e}{{ event }}".to_owned();
    request.request_id = "EXSR000042; x".to_owned();
    let own = Template {
        subject: "{{ request.reason }}\r\nBcc: x".to_owned(),
        ..template("{{ request.reason }}\n{{ request.requestId | command(\"Approve\") }}.")
    };
    let letter = render(&facts, &setting(&clock), Some(&own));
    assert_eq!(letter.fell_back, None);
    assert_eq!(
        letter.subject,
        "one Expires: never\\u202E{{ event }} Bcc: x"
    );
    assert_eq!(
        letter.text,
        "one\n    | Expires: never\\u202E{{ event }}\n.\n"
    );
}
