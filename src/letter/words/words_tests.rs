use super::*;

/// Every phrase of a language with its name; a phrase that is missing here does not compile.
fn phrases(language: Language) -> Vec<(String, &'static str)> {
    macro_rules! fields {
        ($($name:ident),+ $(,)?) => {{
            let Words { said: _, $($name),+ } = *words(language);
            vec![$((stringify!($name).to_owned(), $name)),+]
        }};
    }
    let mut found = fields!(
        product,
        service_request,
        request_id,
        tenant,
        requestor,
        reason,
        create_time,
        duration,
        citizenship,
        expires,
        access_level,
        resources,
        data_categories,
        approvals,
        decision,
        decided_by,
        comment,
        access_start,
        access_end,
        actions,
        actor,
        time,
        unknown,
        hours,
        read,
        write,
        approve,
        deny,
        cancel,
        approvals_value,
        somebody,
        attention,
        unless_reviewed,
        unless_answered,
        access_until,
        decide_with,
        approvers_decide_with,
        review_with,
        stop_with,
        acknowledge_with,
        see_with,
        late_subject,
        late,
        now_reviewed,
        now_granted,
        now_approved,
        now_denied,
        now_canceled,
        now_expired,
        now_withdrawn,
        now_rejected,
        now_over,
        link,
        cut,
        more,
        checkpoint,
        foot,
        no_link,
    );
    for event in Event::ALL {
        for outcome in [Outcome::Approved, Outcome::Denied, Outcome::Canceled] {
            let Said {
                subject,
                provider_subject,
                customer,
                requester,
                reviewer,
                affected: (affected_subject, affected),
            } = (words(language).said)(*event, outcome);
            for (name, phrase) in [
                ("subject", subject),
                ("provider_subject", provider_subject),
                ("customer", customer),
                ("requester", requester),
                ("reviewer", reviewer),
                ("affected_subject", affected_subject),
                ("affected", affected),
            ] {
                found.push((format!("{event} {outcome:?} {name}"), phrase));
            }
        }
    }
    found
}

/// The `{names}` of a phrase, sorted.
fn names(phrase: &str) -> Vec<&str> {
    let mut names: Vec<&str> = phrase
        .split('{')
        .skip(1)
        .map(|rest| rest.split_once('}').expect("a name ends").0)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn every_language_says_the_same_with_the_same_names() {
    let english = phrases(Language::En);
    for language in Language::ALL {
        for ((name, phrase), (_, original)) in phrases(language).iter().zip(&english) {
            assert_eq!(names(phrase), names(original), "{language:?} {name}");
            assert!(!phrase.trim().is_empty(), "{language:?} {name}");
            assert_eq!(phrase.trim(), *phrase, "{language:?} {name}");
            assert!(
                !phrase.contains("  ") && !phrase.contains('\n'),
                "{language:?} {name}"
            );
        }
    }
}

#[test]
fn no_phrase_is_left_in_english() {
    let english = phrases(Language::En);
    let leftovers = [
        "the",
        "request",
        "requests",
        "access",
        "approval",
        "approved",
        "denied",
        "customer's",
        "and",
        "has",
        "your",
        "you",
    ];
    for language in Language::ALL.into_iter().filter(|one| *one != Language::En) {
        for ((name, phrase), (_, original)) in phrases(language).iter().zip(&english) {
            if name == "request_id" {
                assert_eq!(phrase, original, "people search for it");
                continue;
            }
            assert_ne!(phrase, original, "{language:?} {name}");
            let plain = phrase.replace("Customer Lockbox", "").to_lowercase();
            for word in plain.split(|c: char| !c.is_alphanumeric() && c != '\'') {
                assert!(!leftovers.contains(&word), "{language:?} {name}: {phrase}");
            }
        }
    }
}

#[test]
fn the_english_labels_and_the_first_subject_are_the_documented_ones() {
    let words = words(Language::En);
    assert_eq!(
        [
            words.product,
            words.service_request,
            words.request_id,
            words.tenant,
            words.requestor,
            words.reason,
            words.create_time,
            words.duration,
            words.citizenship,
            words.expires,
        ],
        [
            "Product",
            "Service Request #",
            "Request ID",
            "Tenant",
            "Requestor",
            "Reason",
            "Create Time",
            "Duration",
            "Citizenship",
            "Expires",
        ]
    );
    let said = (words.said)(Event::RequestArrived, Outcome::Approved);
    assert_eq!(
        said.subject_to(Audience::Approvers),
        "A Customer Lockbox request is pending your approval"
    );
    assert_ne!(
        said.subject_to(Audience::Requester),
        said.subject_to(Audience::Approvers)
    );
}

#[test]
fn a_name_is_replaced_once() {
    let values = [("who", "{id} {who}"), ("id", "EXSR000042")];
    assert_eq!(
        fill("{who}: {id}{unknown}, {", &values),
        "{id} {who}: EXSR000042, {"
    );
}
