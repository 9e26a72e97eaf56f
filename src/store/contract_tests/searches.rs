//! Searches in a log.

use super::Harness;
use super::fixtures::{World, applied, change_in, dawn, everything, link, record};
use crate::audit::draft::Draft;
use crate::audit::leaf_hash;
use crate::clock::{Timestamp, When};
use crate::store::{AuditFilter, AuditSelector, Change, RowWrite};

async fn write<H: Harness>(world: &World<H>, records: Vec<Draft>) {
    let change = Change {
        records,
        ..Change::default()
    };
    applied(world.commit(change).await);
}

/// The sequence numbers of what is found, and the total that was counted with it.
async fn find<H: Harness>(world: &World<H>, filter: AuditFilter) -> (Vec<u64>, Option<u64>) {
    let page = world.store.audit_search(filter).await.unwrap();
    let found = page.rows.iter().map(|row| row.sequence).collect();
    (found, page.total)
}

fn at(seconds: i64) -> Timestamp {
    dawn().plus_seconds(seconds)
}

pub(crate) async fn every_filter_narrows<H: Harness>() {
    let world = World::<H>::new().await;
    let (tenant, text) = (&world.tenant, |text: &str| vec![text.to_owned()]);
    let request = world.draft_request();
    let first = Draft {
        creation: When::At(at(-100)),
        user: "BOXServiceAccount@eur.prod.outlook.com".to_owned(),
        object_id: "3F2504E0-4F89-11D3-9A0C-0305E82C3301".to_owned(),
        client_ip: "[2001:db8::7]:443".to_owned(),
        detail: "Öffnet das Postfach NICHT".to_owned(),
        ..record(tenant, "Set-AccessToCustomerDataRequest")
    };
    let second = Draft {
        creation: When::At(at(-50)),
        record_type: 6,
        request: Some(link(&request)),
        ..record(tenant, "Get-Mailbox")
    };
    let third = Draft {
        detail: "100% of it_all \\ done".to_owned(),
        client_ip: String::new(),
        ..record(tenant, "Set-Mailbox")
    };
    write(
        &world,
        vec![first, second, third, record(&world.provider, "Get-Mailbox")],
    )
    .await;
    let with = |change: &dyn Fn(&mut AuditFilter)| {
        let mut filter = everything(world.tenant.id);
        change(&mut filter);
        filter
    };
    let cases: Vec<(&str, AuditFilter, Vec<u64>)> = vec![
        ("everything, newest first", with(&|_| {}), vec![2, 1, 0]),
        (
            "from, inclusive",
            with(&|f| f.start = Some(at(-50))),
            vec![2, 1],
        ),
        (
            "up to, exclusive",
            with(&|f| f.end = Some(at(-50))),
            vec![0],
        ),
        (
            "an operation, in any case",
            with(&|f| f.operations = text("set-accesstocustomerdatarequest")),
            vec![0],
        ),
        (
            "any of two operations",
            with(&|f| f.operations = vec!["Get-Mailbox".to_owned(), "Set-Mailbox".to_owned()]),
            vec![2, 1],
        ),
        (
            "an operation takes no pattern",
            with(&|f| f.operations = text("*-Mailbox")),
            vec![],
        ),
        ("a record type", with(&|f| f.record_type = Some(6)), vec![1]),
        (
            "a user",
            with(&|f| f.user_ids = text("microsoft operator")),
            vec![2, 1],
        ),
        (
            "a user by pattern",
            with(&|f| f.user_ids = text("BOX*@*outlook.com")),
            vec![0],
        ),
        (
            "a user or a pattern",
            with(&|f| f.user_ids = vec!["Nobody".to_owned(), "*account*".to_owned()]),
            vec![0],
        ),
        (
            "an address without its port",
            with(&|f| f.addresses = text("192.0.2.7")),
            vec![1],
        ),
        (
            "another spelling of an address",
            with(&|f| f.addresses = text("2001:DB8:0::7")),
            vec![0],
        ),
        (
            "a part of an address is none",
            with(&|f| f.addresses = text("192.0.2")),
            vec![],
        ),
        (
            "an object, in any case",
            with(&|f| f.object_ids = text("3f2504e0-4f89-11d3-9a0c-0305e82c3301")),
            vec![0],
        ),
        (
            "an object by its beginning",
            with(&|f| f.object_ids = text("3F2504E0*")),
            vec![0],
        ),
        (
            "free text, beyond ASCII",
            with(&|f| f.free_text = Some("öffnet DAS".to_owned())),
            vec![0],
        ),
        (
            "free text is plain",
            with(&|f| f.free_text = Some("100% of it_all \\".to_owned())),
            vec![2],
        ),
        (
            "free text takes no pattern",
            with(&|f| f.free_text = Some("100%all".to_owned())),
            vec![],
        ),
        (
            "empty free text",
            with(&|f| f.free_text = Some(String::new())),
            vec![2, 1, 0],
        ),
        (
            "of a request",
            with(&|f| f.request = Some(request.identity)),
            vec![1],
        ),
        ("a snapshot", with(&|f| f.below = 2), vec![1, 0]),
        (
            "from a sequence on, oldest first",
            with(&|f| f.from = Some(1)),
            vec![1, 2],
        ),
        (
            "from a sequence on, in a snapshot",
            with(&|f| {
                f.from = Some(0);
                f.below = 2;
            }),
            vec![0, 1],
        ),
        (
            "all together",
            with(&|f| {
                f.start = Some(at(-100));
                f.end = Some(at(0));
                f.user_ids = text("box*");
                f.record_type = Some(1);
                f.free_text = Some("postfach".to_owned());
            }),
            vec![0],
        ),
    ];
    for (name, filter, expected) in cases {
        let (found, total) = find(&world, filter.clone()).await;
        assert_eq!(found, expected, "{name}");
        assert_eq!(total, Some(expected.len() as u64), "{name}");
        let uncounted = AuditFilter {
            with_total: false,
            ..filter
        };
        assert_eq!(find(&world, uncounted).await, (expected, None), "{name}");
    }
}

pub(crate) async fn wildcards_are_the_only_special_signs<H: Harness>() {
    let world = World::<H>::new().await;
    let names = [
        "a_b", "axb", "50%", "50x", "c\\d", "c\\\\d", "%", "%%x", "[a]b", "a?b", "ÄÖ",
    ];
    let records = names
        .map(|name| Draft {
            user: name.to_owned(),
            ..record(&world.tenant, "Act")
        })
        .into();
    write(&world, records).await;
    let cases: [(&str, &[&str]); 14] = [
        ("a_*", &["a_b"]),
        ("*_b", &["a_b"]),
        ("50%*", &["50%"]),
        ("*%", &["50%", "%"]),
        ("%*", &["%", "%%x"]),
        ("%**x", &["%%x"]),
        ("c\\*", &["c\\d", "c\\\\d"]),
        ("*\\d", &["c\\d", "c\\\\d"]),
        ("c\\\\*", &["c\\\\d"]),
        ("[a]*", &["[a]b"]),
        ("a?*", &["a?b"]),
        ("äö*", &["ÄÖ"]),
        ("***", &names),
        ("x*", &[]),
    ];
    for (pattern, expected) in cases {
        let filter = AuditFilter {
            user_ids: vec![pattern.to_owned()],
            ..everything(world.tenant.id)
        };
        let mut found: Vec<&str> = find(&world, filter)
            .await
            .0
            .into_iter()
            .map(|sequence| names[usize::try_from(sequence).unwrap()])
            .collect();
        found.reverse();
        assert_eq!(found, expected, "{pattern}");
    }
    let endless = AuditFilter {
        user_ids: vec![format!("*{}", "x".repeat(60_000))],
        ..everything(world.tenant.id)
    };
    assert_eq!(find(&world, endless).await, (Vec::new(), Some(0)));
}

pub(crate) async fn records_page_by_page<H: Harness>() {
    let world = World::<H>::new().await;
    // Creation does not rise with the sequence: late reports.
    let records = (0..23)
        .map(|number: i64| Draft {
            creation: When::At(at(number * 7 % 5)),
            ..record(&world.tenant, "Act")
        })
        .collect();
    write(&world, records).await;
    let all = world.log(world.tenant.id).await;
    let expected: Vec<_> = all.iter().map(|row| (row.creation, row.sequence)).collect();
    assert_eq!(expected.len(), 23);
    assert!(expected.is_sorted_by(|left, right| left > right));
    for limit in [1, 4, 23, 24] {
        let mut filter = AuditFilter {
            below: 23,
            limit,
            ..everything(world.tenant.id)
        };
        let mut found = Vec::new();
        loop {
            let page = world.store.audit_search(filter.clone()).await.unwrap();
            assert_eq!(page.total, Some(23), "the total is of all pages");
            found.extend(page.rows.iter().map(|row| (row.creation, row.sequence)));
            assert_eq!(page.more, found.len() < expected.len());
            if !page.more {
                break;
            }
            filter.before = found.last().copied();
            // What comes meanwhile is not in the snapshot.
            applied(
                world
                    .commit(change_in(&world.tenant, Vec::<RowWrite>::new()))
                    .await,
            );
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub(crate) async fn single_records<H: Harness>() {
    let world = World::<H>::new().await;
    let draft = Draft {
        user: "rick@contoso.com".to_owned(),
        user_is_person: true,
        ..record(&world.tenant, "Act")
    };
    let id = draft.id;
    write(&world, vec![record(&world.tenant, "Before"), draft]).await;
    let store = &world.store;
    let get = |org, which| async move { store.audit_record(org, which).await.unwrap() };
    let found = get(world.tenant.id, AuditSelector::Id(id)).await.unwrap();
    assert_eq!((found.sequence, found.log_id), (1, world.tenant.log_id));
    assert_eq!(found.leaf_hash, leaf_hash(&found.canonical));
    let text = String::from_utf8(found.canonical.clone()).unwrap();
    assert!(text.contains(&id.to_string()), "{text}");
    assert!(
        !text.contains("rick@contoso.com"),
        "personal text in the bytes: {text}"
    );
    assert!(
        found
            .beside
            .iter()
            .any(|value| value.value == "rick@contoso.com")
    );
    let by_sequence = get(world.tenant.id, AuditSelector::Sequence(None, 1))
        .await
        .unwrap();
    assert_eq!(by_sequence.canonical, found.canonical);
    assert_eq!(by_sequence.beside, found.beside);
    assert!(
        get(world.tenant.id, AuditSelector::Sequence(None, 2))
            .await
            .is_none()
    );
    assert!(
        get(world.tenant.id, AuditSelector::Sequence(None, u64::MAX))
            .await
            .is_none()
    );
    assert!(
        get(world.provider.id, AuditSelector::Id(id))
            .await
            .is_none()
    );
}
