use super::*;
use crate::domain::notice::settings::{Alternate, Switch};

fn candidate(audience: Audience, address: &str) -> Candidate {
    Candidate {
        audience,
        address: address.to_owned(),
        reason: format!("{audience}."),
    }
}

fn addresses(plan: &Plan) -> Vec<&str> {
    let recipients = plan.recipients.iter();
    recipients.map(|one| one.address.as_str()).collect()
}

#[test]
fn an_address_is_told_once_as_the_first_of_what_it_is() {
    let settings = NoticeSettings {
        extra_addresses: vec![
            "Ana@Contoso.example".to_owned(),
            "all@contoso.example".to_owned(),
        ],
        ..NoticeSettings::default()
    };
    let candidates = vec![
        candidate(Audience::Reviewers, "rev@provider.example"),
        candidate(Audience::Requester, "ana@contoso.example"),
        candidate(Audience::OtherApprovers, "ana@contoso.example"),
    ];
    let plan = plan(Event::RequestDecided, candidates, &settings);
    assert_eq!(
        addresses(&plan),
        [
            "ana@contoso.example",
            "rev@provider.example",
            "all@contoso.example"
        ]
    );
    assert_eq!(plan.recipients[0].audience, Audience::OtherApprovers);
    assert_eq!(plan.recipients[0].reasons.len(), 3);
}

#[test]
fn an_alternate_address_adds_or_replaces_and_is_no_double() {
    let alternate = |of: &str, address: &str, replaces| Alternate {
        of: of.to_owned(),
        address: address.to_owned(),
        replaces,
    };
    let settings = NoticeSettings {
        alternates: vec![
            alternate("A@x.example", "a2@x.example", false),
            alternate("b@x.example", "b2@x.example", true),
            alternate("c@x.example", "C@x.example", false),
        ],
        ..NoticeSettings::default()
    };
    let candidates = ["a@x.example", "b@x.example", "c@x.example"]
        .map(|address| candidate(Audience::Approvers, address));
    let plan = plan(Event::RequestArrived, candidates.to_vec(), &settings);
    assert_eq!(
        addresses(&plan),
        ["a@x.example", "a2@x.example", "b2@x.example", "c@x.example"]
    );
}

#[test]
fn switches_count_but_not_against_being_told_of_less_protection() {
    let off = |event, audience| Switch {
        event,
        audience,
        on: false,
    };
    let settings = NoticeSettings {
        switches: vec![
            off(Event::RequestArrived, Audience::Approvers),
            off(Event::PolicyWeakened, Audience::Administrators),
        ],
        ..NoticeSettings::default()
    };
    let to = |event, audience| {
        let candidates = vec![candidate(audience, "a@x.example")];
        plan(event, candidates, &settings).recipients.len()
    };
    assert_eq!(to(Event::RequestArrived, Audience::Approvers), 0);
    assert_eq!(to(Event::RequestReminder, Audience::Approvers), 1);
    assert_eq!(to(Event::RequestReminder, Audience::Requester), 0);
    assert_eq!(to(Event::PolicyWeakened, Audience::Administrators), 1);
}

#[test]
fn the_cap_leaves_out_the_last_and_says_how_many() {
    let candidates = |count: usize| {
        (0..count)
            .map(|nr| candidate(Audience::Approvers, &format!("p{nr}@x.example")))
            .collect()
    };
    let settings = NoticeSettings {
        extra_addresses: vec!["extra@x.example".to_owned()],
        ..NoticeSettings::default()
    };
    let full = plan(
        Event::RequestArrived,
        candidates(MOST_RECIPIENTS - 1),
        &settings,
    );
    assert_eq!((full.recipients.len(), full.left_out), (MOST_RECIPIENTS, 0));
    let over = plan(
        Event::RequestArrived,
        candidates(MOST_RECIPIENTS),
        &settings,
    );
    assert_eq!((over.recipients.len(), over.left_out), (MOST_RECIPIENTS, 1));
    assert!(!addresses(&over).contains(&"extra@x.example"));
}

#[test]
fn who_is_always_told_is_told_at_their_own_address_and_above_the_cap() {
    let settings = NoticeSettings {
        alternates: vec![Alternate {
            of: "ada@x.example".to_owned(),
            address: "other@x.example".to_owned(),
            replaces: true,
        }],
        ..NoticeSettings::default()
    };
    let ada = || candidate(Audience::Administrators, "ada@x.example");
    let told = plan(Event::PolicyWeakened, vec![ada()], &settings);
    assert_eq!(addresses(&told), ["ada@x.example", "other@x.example"]);
    assert!(told.recipients[1].reasons[0].contains("beside"));
    let quiet = plan(Event::SettingsChanged, vec![ada()], &settings);
    assert_eq!(addresses(&quiet), ["other@x.example"]);
    // So many approvers that the cap is full, and administrators behind them: one of them is both.
    let mut many: Vec<Candidate> = (0..60)
        .map(|nr| candidate(Audience::Approvers, &format!("a{nr}@x.example")))
        .collect();
    many.push(candidate(Audience::Administrators, "a59@x.example"));
    many.push(ada());
    let told = plan(Event::EmergencyAccess, many, &NoticeSettings::default());
    assert_eq!(told.recipients.len(), MOST_RECIPIENTS);
    assert_eq!(told.left_out, 61 - MOST_RECIPIENTS);
    let last = &addresses(&told)[MOST_RECIPIENTS - 3..];
    assert_eq!(last, ["a47@x.example", "a59@x.example", "ada@x.example"]);
}

#[test]
fn an_alternate_address_that_goes_is_told_as_less() {
    let alternate = |address: &str| Alternate {
        of: "ada@x.example".to_owned(),
        address: address.to_owned(),
        replaces: false,
    };
    let with = |alternates| NoticeSettings {
        alternates,
        ..NoticeSettings::default()
    };
    let before = with(vec![alternate("soc@x.example")]);
    assert_eq!(before.quieter(&before), [] as [&str; 0]);
    let more = with(vec![alternate("soc@x.example"), alternate("b@x.example")]);
    assert_eq!(more.quieter(&before), [] as [&str; 0]);
    assert_eq!(
        with(Vec::new()).quieter(&before),
        ["An alternate address is gone."]
    );
}

#[test]
fn what_concerns_somebody_themselves_goes_to_their_own_address_and_can_be_switched_off() {
    let mut settings = NoticeSettings {
        alternates: vec![Alternate {
            of: "ben@x.example".to_owned(),
            address: "other@x.example".to_owned(),
            replaces: true,
        }],
        ..NoticeSettings::default()
    };
    let ben = || vec![candidate(Audience::Affected, "ben@x.example")];
    let told = plan(Event::RolesChanged, ben(), &settings);
    assert_eq!(addresses(&told), ["ben@x.example", "other@x.example"]);
    settings.switches = vec![Switch {
        event: Event::RolesChanged,
        audience: Audience::Affected,
        on: false,
    }];
    let told = plan(Event::RolesChanged, ben(), &settings);
    assert_eq!(addresses(&told), [] as [&str; 0]);
    // Not that less is sent to an address: whoever takes it out would switch that off with it.
    settings.switches[0].event = Event::SettingsChanged;
    let told = plan(Event::SettingsChanged, ben(), &settings);
    assert_eq!(addresses(&told), ["ben@x.example", "other@x.example"]);
}

#[test]
fn an_address_that_hears_less_is_named_once() {
    let alternate = |of: &str, address: &str, replaces| Alternate {
        of: of.to_owned(),
        address: address.to_owned(),
        replaces,
    };
    let before = NoticeSettings {
        security_contacts: vec!["soc@x.example".to_owned(), "both@x.example".to_owned()],
        extra_addresses: vec!["both@x.example".to_owned(), "all@x.example".to_owned()],
        alternates: vec![
            alternate("ada@x.example", "ada@home.example", false),
            alternate("ben@x.example", "ben@home.example", false),
        ],
        ..NoticeSettings::default()
    };
    let mut after = before.clone();
    assert!(after.hear_less(&before).is_empty());
    after.security_contacts = vec!["new@x.example".to_owned()];
    after.extra_addresses.remove(0);
    // One goes; the other takes the place of ben's own address.
    after.alternates = vec![alternate("ben@x.example", "ben@home.example", true)];
    assert_eq!(
        Vec::from_iter(after.hear_less(&before)),
        [
            "ada@home.example",
            "ben@x.example",
            "both@x.example",
            "soc@x.example"
        ]
    );
    assert_eq!(after.quieter(&before).len(), 4);
}
