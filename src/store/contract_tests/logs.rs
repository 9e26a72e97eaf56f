//! Logs: sequence numbers without gaps, times that rise, reference numbers.

use super::Harness;
use super::fixtures::{World, applied, dawn, joined, link, record};
use crate::clock::Clock;
use crate::domain::organization::{OrgKind, Organization};
use crate::store::{Change, CommitError, Precondition, RowWrite};
use std::collections::BTreeSet;

pub(crate) async fn sequences_have_no_gaps<H: Harness>() {
    let world = World::<H>::new().await;
    let starts = [(&world.provider, 1), (&world.tenant, 0)];
    let mut calls = Vec::new();
    for number in 0..120 {
        let both = vec![
            record(&world.tenant, "Both"),
            record(&world.provider, "Both"),
            record(&world.tenant, "Both"),
        ];
        let change = match number % 4 {
            0 => world.change(Vec::new()),
            1 => world.provider_change(Vec::new()),
            2 => Change {
                records: both,
                ..Change::default()
            },
            _ => Change {
                preconditions: vec![Precondition::Before(dawn())],
                records: both,
                ..Change::default()
            },
        };
        calls.push(world.queue(change));
    }
    let mut told = BTreeSet::new();
    for call in calls {
        if let Ok(committed) = joined(call).await {
            told.extend(applied(Ok(committed)).into_iter().map(|(id, _)| id));
        }
    }
    let mut found = 0;
    for (org, before) in starts {
        let rows = world.log(org.id).await;
        let mut sequences: Vec<u64> = rows.iter().map(|row| row.sequence).collect();
        sequences.sort_unstable();
        let expected = 30 + 30 * if org.kind == OrgKind::Tenant { 2 } else { 1 } + before;
        assert_eq!(
            sequences,
            (0..expected).collect::<Vec<u64>>(),
            "{}",
            org.name
        );
        let head = world.store.head(org.id).await.unwrap().unwrap();
        assert_eq!(head.next_sequence, expected);
        assert_eq!(head.log_id, org.log_id);
        assert!(rows.iter().all(|row| row.log_id == org.log_id));
        found += expected - before;
    }
    assert_eq!(
        told.len() as u64,
        found,
        "every record was told to its caller, once"
    );
}

pub(crate) async fn recorded_times_rise<H: Harness>() {
    let world = World::<H>::new().await;
    let mut calls = Vec::new();
    for step in 0..60 {
        calls.push(world.queue(world.change(Vec::new())));
        world.clock.set(dawn().plus_millis(step * 7));
    }
    for call in calls {
        let committed = joined(call).await.unwrap();
        assert!(committed.at <= world.clock.now());
    }
    let mut rows = world.log(world.tenant.id).await;
    rows.sort_by_key(|row| row.sequence);
    // These records happened when they were recorded.
    assert!(rows.is_sorted_by_key(|row| row.creation));
    assert_eq!(rows.len(), 60);
}

pub(crate) async fn unknown_log_fails_alone<H: Harness>() {
    let world = World::<H>::new().await;
    let nobody = Organization {
        id: crate::ids::OrgId::new(),
        ..world.tenant.clone()
    };
    let change = Change {
        records: vec![record(&world.tenant, "Fine"), record(&nobody, "Lost")],
        ..Change::default()
    };
    let answer = world.commit(change).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
    assert_eq!(world.records().await, 0);
}

pub(crate) async fn references_skip_supplied_ones<H: Harness>() {
    let world = World::<H>::new().await;
    let submit = |reference: &str| {
        let mut request = world.draft_request();
        request.reference = reference.to_owned();
        world.submit(request)
    };
    assert_eq!(submit("exsr000002").await.reference, "EXSR000002");
    assert_eq!(submit("EXSR000003").await.reference, "EXSR000003");
    assert_eq!(submit("").await.reference, "EXSR000001");
    assert_eq!(submit("").await.reference, "EXSR000004");
    let found = world
        .store
        .request(
            world.tenant.id,
            crate::store::RequestRef::Reference("exsr000004".to_owned()),
        )
        .await
        .unwrap();
    assert_eq!(found.unwrap().reference, "EXSR000004");
}

pub(crate) async fn references_reach_the_records<H: Harness>() {
    let world = World::<H>::new().await;
    let (first, second) = (world.draft_request(), world.draft_request());
    let linked = |request| {
        let mut draft = record(&world.tenant, "Submit");
        draft.request = Some(link(request));
        draft
    };
    let change = Change {
        records: vec![linked(&second), linked(&first)],
        writes: [&first, &second]
            .map(|request| RowWrite::InsertRequest(Box::new(request.clone()), Vec::new()))
            .into(),
        ..Change::default()
    };
    applied(world.commit(change).await);
    let mut rows = world.log(world.tenant.id).await;
    rows.sort_by_key(|row| row.sequence);
    let texts: Vec<String> = rows
        .into_iter()
        .map(|row| String::from_utf8(row.canonical).unwrap())
        .collect();
    let [of_second, of_first] = texts.as_slice() else {
        panic!("two records, found {texts:?}");
    };
    assert!(of_first.contains("EXSR000001"), "{of_first}");
    assert!(of_second.contains("EXSR000002"), "{of_second}");
}

pub(crate) async fn nothing_is_written_without_a_record<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.draft_request();
    let identity = request.identity;
    let silent = Change {
        records: Vec::new(),
        ..world.change(vec![RowWrite::InsertRequest(Box::new(request), Vec::new())])
    };
    let answer = world.commit(silent).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
    let found = world.store.request_anywhere(identity).await.unwrap();
    assert_eq!(found, None);
}
