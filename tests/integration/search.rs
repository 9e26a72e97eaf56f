//! `audit.search` and `audit.export`: filters, pages, parts.

use crate::audit_help::{after, contoso, draft, insert, written};
use crate::world::{CONTOSO, START, World};
use customer_lockbox::audit::draft::Draft;
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::audit::PART_BYTES;
use serde_json::{Value, json};

/// How many records the searched log of [`filtered`] has.
const MADE: u64 = 6;

fn start() -> Timestamp {
    Timestamp::parse(START).unwrap()
}

/// A world whose contoso log has, from a second after the start on, one record a second.
async fn filtered() -> (World, String) {
    let world = World::new().await;
    let org = contoso(&world).await;
    let made = |number: i64, operation: &str, user: &str, ip: &str, object: &str, text: &str| {
        let mut draft = draft(org, operation, start().plus_seconds(number));
        draft.user = user.to_owned();
        draft.user_is_person = user.contains('@');
        draft.client_ip = ip.to_owned();
        draft.object_id = object.to_owned();
        draft.parameters = vec![written("Comment", text)];
        draft
    };
    let site = "https://contoso.sharepoint.com/sites/test";
    let mut records = vec![
        made(1, "A-One", "ada@x.example", "192.0.2.1:5", "", "Größe 100%"),
        made(
            2,
            "A-Two",
            "Bob@x.example",
            "[2001:db8::1]:5",
            site,
            "plain",
        ),
        made(
            3,
            "B-One",
            "guest_x#EXT#@x.example",
            "192.0.2.1:6",
            &format!("{site}/doc"),
            "a_b",
        ),
        made(
            4,
            "B-One",
            "Microsoft Operator",
            "192.0.2.11:5",
            "100%_sure",
            "aXb",
        ),
        made(
            5,
            "B-One",
            "Microsoft Operator",
            "",
            "object",
            "say \"yes\"",
        ),
        made(6, "Tail", "ada@x.example", "192.0.2.1", "OBJECT", ""),
    ];
    records[4].record_type = 10;
    insert(&world, records).await;
    (world, start().plus_seconds(1).to_string())
}

/// The seconds of the made records that a filter finds, newest first.
async fn found(world: &World, from: &str, filter: Value) -> Vec<i64> {
    let mut params = json!({"startDate": from, "resultSize": 5_000});
    for (name, value) in filter.as_object().unwrap() {
        params[name] = value.clone();
    }
    let found = world.ok("ada", "audit.search", params).await;
    let records = found["records"].as_array().unwrap();
    assert_eq!(found["total"], records.len());
    let seconds = |record: &Value| {
        let date = Timestamp::parse(record["creationDate"].as_str().unwrap()).unwrap();
        (date.millis() - start().millis()) / 1_000
    };
    records.iter().map(seconds).collect()
}

#[tokio::test]
async fn every_filter_finds_what_it_says_and_nothing_else() {
    let (world, from) = filtered().await;
    let site = "https://contoso.sharepoint.com/sites/test";
    let none: &[i64] = &[];
    for (filter, expected) in [
        (json!({}), &[6, 5, 4, 3, 2, 1][..]),
        (json!({"operations": ["a-one"]}), &[1]),
        (json!({"operations": ["A-One", "Tail"]}), &[6, 1]),
        (json!({"operations": ["A-O"]}), none),
        (json!({"operations": ["*"]}), &[6, 5, 4, 3, 2, 1]),
        (json!({"recordType": "ExchangeAdmin"}), &[6, 4, 3, 2, 1]),
        (json!({"recordType": "exchangeadmin "}), &[6, 4, 3, 2, 1]),
        (json!({"recordType": 10}), &[5]),
        (json!({"recordType": "10"}), &[5]),
        (json!({"recordType": "DataCenterSecurityCmdlet"}), &[5]),
        (json!({"recordType": "SyntheticProbe"}), none),
        (json!({"recordType": 11}), none),
        (json!({"userIds": ["ADA@x.example"]}), &[6, 1]),
        (
            json!({"userIds": ["bob@x.example", "Microsoft Operator"]}),
            &[5, 4, 2],
        ),
        (json!({"userIds": ["*"]}), &[6, 5, 4, 3, 2, 1]),
        (json!({"userIds": ["*#EXT#*"]}), &[3]),
        (json!({"userIds": ["*@x.example"]}), &[6, 3, 2, 1]),
        (json!({"userIds": ["a*a@x.example"]}), &[6, 1]),
        (json!({"userIds": ["x.example"]}), none),
        (
            json!({"userIds": ["nobody@x.example", "*"]}),
            &[6, 5, 4, 3, 2, 1],
        ),
        (json!({"ipAddresses": ["192.0.2.1"]}), &[6, 3, 1]),
        (json!({"ipAddresses": ["192.0.2.1:9999"]}), &[6, 3, 1]),
        (json!({"ipAddresses": ["2001:DB8:0::1"]}), &[2]),
        (
            json!({"ipAddresses": ["[2001:db8::1]:1", "192.0.2.11"]}),
            &[4, 2],
        ),
        (json!({"ipAddresses": ["192.0.2"]}), none),
        (json!({"objectIds": [site]}), &[2]),
        (json!({"objectIds": [format!("{site}*")]}), &[3, 2]),
        (json!({"objectIds": [format!("{site}/*")]}), &[3]),
        (json!({"objectIds": ["*/doc"]}), &[3]),
        (json!({"objectIds": ["object"]}), &[6, 5]),
        (json!({"objectIds": ["100%_sure"]}), &[4]),
        (json!({"objectIds": ["100%*"]}), &[4]),
        (json!({"objectIds": ["%*"]}), none),
        (json!({"objectIds": ["1__%*"]}), none),
        (json!({"freeText": "größe"}), &[1]),
        (json!({"freeText": "GRÖSSE"}), none),
        (json!({"freeText": "100%"}), &[4, 1]),
        (json!({"freeText": "a_b"}), &[3]),
        (json!({"freeText": "say \"yes\""}), &[5]),
        (json!({"freeText": "*"}), none),
        (
            json!({"freeText": "b-one", "userIds": ["*operator"], "recordType": 1}),
            &[4],
        ),
        (
            json!({"operations": ["B-One"], "ipAddresses": ["192.0.2.1"], "objectIds": ["*"]}),
            &[3],
        ),
    ] {
        let mut filter = filter;
        if filter["recordType"] == "exchangeadmin " {
            filter["recordType"] = "exchangeadmin".into();
        }
        assert_eq!(
            found(&world, &from, filter.clone()).await,
            expected,
            "{filter}"
        );
    }
    for bad in [
        json!({"recordType": ["ExchangeAdmin", "SharePoint"]}),
        json!({"recordType": "ExchangeAdmin,SharePoint"}),
        json!({"recordType": -1}),
        json!({"operations": "A-One"}),
        json!({"startDate": "yesterday"}),
        json!({"cursor": "00"}),
    ] {
        world
            .refused("ada", "audit.search", bad, "invalidParams")
            .await;
    }
}

#[tokio::test]
async fn ranges_begin_with_their_start_and_end_before_their_end() {
    let (world, from) = filtered().await;
    let at = |millis: i64| start().plus_millis(millis).to_string();
    let between = |first: i64, second: i64| json!({"startDate": at(first), "endDate": at(second)});
    for (range, expected) in [
        (between(2_000, 4_000), &[3, 2][..]),
        (between(2_000, 4_001), &[4, 3, 2]),
        (between(2_001, 4_000), &[3]),
        (between(3_000, 3_000), &[]),
        (between(3_000, 3_001), &[3]),
        (json!({"startDate": at(5_000)}), &[6, 5]),
        (json!({"endDate": at(2_000)}), &[1]),
        (
            json!({"startDate": "2026-11-21T14:00:03+02:00", "endDate": at(5_000)}),
            &[4, 3],
        ),
        (
            json!({"endDate": "2099-01-01T00:00:00Z", "startDate": at(6_000)}),
            &[6],
        ),
    ] {
        assert_eq!(
            found(&world, &from, range.clone()).await,
            expected,
            "{range}"
        );
    }
    let data = world
        .refused(
            "ada",
            "audit.search",
            between(3_001, 3_000),
            "invalidParams",
        )
        .await;
    assert_eq!(data["pointer"], "/endDate");
    let mut export = between(3_001, 3_000);
    export["format"] = "csv".into();
    world
        .refused("ada", "audit.export", export, "invalidParams")
        .await;
}

#[tokio::test]
async fn sizes_are_one_to_five_thousand_and_the_total_is_exact_whatever_the_size() {
    let (world, from) = filtered().await;
    let search = |size: i64| json!({"startDate": from, "resultSize": size});
    // The count probe of scripts.
    let probe = world.ok("ada", "audit.search", search(1)).await;
    assert_eq!(probe["records"].as_array().unwrap().len(), 1);
    assert_eq!(probe["records"][0]["resultCount"], MADE);
    assert_eq!(probe["records"][0]["resultIndex"], 1);
    assert_eq!(probe["total"], MADE);
    assert!(probe["nextCursor"].is_string());
    let all = world.ok("ada", "audit.search", search(5_000)).await;
    let records = all["records"].as_array().unwrap();
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record["resultIndex"], index + 1);
        assert_eq!(record["resultCount"], MADE);
        let data: Value = serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap();
        assert_eq!(record["identity"], data["Id"]);
        assert_eq!(record["activity"], data["Operation"]);
        assert_eq!(record["user"], data["UserId"]);
        assert_eq!(record["date"], data["CreationTime"]);
        assert_eq!(record["ip"], data["ClientIP"]);
        assert_eq!(record["item"], data["ObjectId"]);
        assert_eq!(record["recordType"], data["RecordType"]);
        assert_eq!(record["leafHash"], data["LeafHash"]);
    }
    assert_eq!(records[1]["recordTypeName"], "DataCenterSecurityCmdlet");
    assert_eq!(all["nextCursor"], Value::Null);
    for size in [0, 5_001, -1] {
        world
            .refused("ada", "audit.search", search(size), "invalidParams")
            .await;
    }
    let default = world
        .ok("ada", "audit.search", json!({"startDate": from}))
        .await;
    assert_eq!(default["records"].as_array().unwrap().len() as u64, MADE);
}

#[tokio::test]
async fn a_hundred_is_the_default() {
    let world = World::new().await;
    let org = contoso(&world).await;
    insert(
        &world,
        (0..120).map(|_| draft(org, "Many", start())).collect(),
    )
    .await;
    let found = world
        .ok("ada", "audit.search", json!({"operations": ["Many"]}))
        .await;
    assert_eq!(found["records"].as_array().unwrap().len(), 100);
    assert_eq!(found["total"], 120);
}

#[tokio::test]
async fn pages_hold_still_while_records_are_added_before_between_and_behind() {
    let (world, from) = filtered().await;
    let org = contoso(&world).await;
    let mut params = json!({"startDate": from, "resultSize": 2});
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = world.ok("ada", "audit.search", params.clone()).await;
        assert_eq!(page["total"], MADE, "the first page's");
        for record in page["records"].as_array().unwrap() {
            seen.push(record["resultIndex"].as_u64().unwrap());
            assert_ne!(record["activity"], "New");
        }
        pages += 1;
        let new: Vec<Draft> = [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|second| draft(org, "New", start().plus_seconds(second)))
            .into();
        insert(&world, new).await;
        match &page["nextCursor"] {
            Value::Null => break,
            cursor => params["cursor"] = cursor.clone(),
        }
    }
    assert_eq!(seen, (1..=MADE).collect::<Vec<u64>>());
    assert_eq!(pages, 3);
    // A cursor belongs to its search.
    let other = json!({"startDate": from, "operations": ["New"], "cursor": params["cursor"]});
    world
        .refused("ada", "audit.search", other, "invalidParams")
        .await;
    let mut another_size = params.clone();
    another_size["resultSize"] = 1.into();
    let page = world.ok("ada", "audit.search", another_size).await;
    assert_eq!(page["records"].as_array().unwrap().len(), 1);
    // Not together with a session.
    params["session"] = json!({"connectionId": "c", "sessionId": "s"});
    world
        .refused("ada", "audit.search", params, "invalidParams")
        .await;
}

#[tokio::test]
async fn pages_do_not_cut_among_records_of_one_instant() {
    let world = World::new().await;
    let org = contoso(&world).await;
    insert(
        &world,
        (0..300).map(|_| draft(org, "Same", start())).collect(),
    )
    .await;
    let mut params = json!({"operations": ["Same"], "resultSize": 70});
    let mut sequences = Vec::new();
    loop {
        let page = world.ok("ada", "audit.search", params.clone()).await;
        let records = page["records"].as_array().unwrap();
        sequences.extend(
            records
                .iter()
                .map(|record| record["sequence"].as_u64().unwrap()),
        );
        match &page["nextCursor"] {
            Value::Null => break,
            cursor => params["cursor"] = cursor.clone(),
        }
    }
    assert_eq!(sequences.len(), 300);
    assert!(
        sequences.is_sorted_by(|a, b| a > b),
        "newest first, each once"
    );
}

#[tokio::test]
async fn a_record_is_found_when_the_call_that_caused_it_has_returned() {
    let world = World::new().await;
    for number in 1..=5 {
        world
            .ok("ada", "policy.put", json!({"hoursToAnswer": number}))
            .await;
        let found = world
            .ok(
                "ada",
                "audit.search",
                json!({"operations": ["LockboxSettingsChanged"]}),
            )
            .await;
        assert_eq!(found["total"], number);
    }
}

#[tokio::test]
async fn each_side_searches_its_own_log_and_those_who_may() {
    let world = World::new().await;
    world.approved().await;
    for who in ["ada", "sam", "nora", "root", "max", "eve", "gate"] {
        let found = world
            .ok(who, "audit.search", json!({"resultSize": 5_000}))
            .await;
        let records = found["records"].as_array().unwrap();
        assert!(!records.is_empty(), "{who}");
        let whoami = world.ok(who, "session.whoami", json!({})).await;
        for record in records {
            let data: Value = serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap();
            assert_eq!(
                data["OrganizationId"], whoami["organization"]["organizationId"],
                "{who}"
            );
        }
    }
    for who in ["anna", "bot"] {
        for (method, params) in [
            ("audit.search", json!({})),
            ("audit.export", json!({"format": "csv"})),
            ("audit.get", json!({"sequence": 0})),
        ] {
            world.refused(who, method, params, "forbidden").await;
        }
    }
}

#[tokio::test]
async fn turning_search_off_hides_the_log_and_records_go_on() {
    let world = World::new().await;
    world
        .ok("ada", "policy.put", json!({"auditSearchEnabled": false}))
        .await;
    for who in ["ada", "sam"] {
        let data = world
            .refused(who, "audit.search", json!({}), "auditSearchDisabled")
            .await;
        assert!(
            data["remedy"]
                .as_str()
                .unwrap()
                .contains("UnifiedAuditLogIngestionEnabled")
        );
        let export = json!({"format": "csv"});
        world
            .refused(who, "audit.export", export, "auditSearchDisabled")
            .await;
    }
    world.ok("root", "audit.search", json!({})).await;
    world.ok("nora", "audit.search", json!({})).await;
    world.approved().await;
    world
        .ok("ada", "policy.put", json!({"auditSearchEnabled": true}))
        .await;
    let operations = world.operations("ada").await;
    assert!(
        operations
            .iter()
            .any(|name| name == "Set-AccessToCustomerDataRequest")
    );
    assert!(!operations.iter().any(|name| name == "LockboxAuditExported"));
}

#[tokio::test]
async fn a_suspended_tenant_searches_and_exports() {
    let world = World::new().await;
    world.approved().await;
    let params = json!({"tenant": CONTOSO, "reason": "unpaid"});
    world.ok("root", "tenant.suspend", params).await;
    assert!(
        world
            .operations("ada")
            .await
            .iter()
            .any(|name| name == "LockboxTenantSuspended")
    );
    let part = world
        .ok("ada", "audit.export", json!({"format": "jsonl"}))
        .await;
    assert!(
        part["content"]
            .as_str()
            .unwrap()
            .contains("LockboxTenantSuspended")
    );
}

/// Exports whole, in parts of a size; the parts.
async fn parts(world: &World, who: &str, format: &str, filter: Value, size: usize) -> Vec<Value> {
    let mut params = json!({"format": format, "chunkSize": size});
    for (name, value) in filter.as_object().unwrap() {
        params[name] = value.clone();
    }
    let mut parts = Vec::new();
    loop {
        let part = world.ok(who, "audit.export", params.clone()).await;
        let cursor = part["nextCursor"].clone();
        parts.push(part);
        match cursor {
            Value::Null => return parts,
            cursor => params["cursor"] = cursor,
        }
    }
}

fn whole(parts: &[Value]) -> String {
    parts
        .iter()
        .map(|part| part["content"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_export_of_thousands_is_the_search_in_parts_and_one_record() {
    let world = World::new().await;
    let org = contoso(&world).await;
    for hundred in 0..32 {
        let records = (0..100).map(|one| {
            let mut draft = draft(org, "Bulk", start().plus_millis((hundred * 100 + one) / 3));
            draft.parameters = vec![written("Note", "two\nlines, \"quoted\"")];
            draft
        });
        insert(&world, records.collect()).await;
    }
    let bulk = json!({"operations": ["Bulk"]});
    let searched = world
        .ok(
            "ada",
            "audit.search",
            json!({"operations": ["Bulk"], "resultSize": 5_000}),
        )
        .await;
    let searched: Vec<&str> = searched["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["auditData"].as_str().unwrap())
        .collect();
    assert_eq!(searched.len(), 3_200);

    let lines = parts(&world, "ada", "jsonl", bulk.clone(), 1_000).await;
    let counts: Vec<u64> = lines
        .iter()
        .map(|part| part["records"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [1_000, 1_000, 1_000, 200]);
    let text = whole(&lines);
    assert_eq!(text.lines().collect::<Vec<&str>>(), searched);

    let csv = whole(&parts(&world, "ada", "csv", bulk, 999).await);
    let header = "Date,IP,User,Activity,Item,Detail,AuditData\r\n";
    assert_eq!(csv.matches(header).count(), 1);
    assert!(csv.starts_with(header));
    let cells = csv.lines().filter(|line| line.contains(",Bulk,")).count();
    assert_eq!(cells, 3_200);
    for data in &searched {
        assert!(csv.contains(&format!(",\"{}\"\r\n", data.replace('"', "\"\""))));
    }

    let records = world.log("ada").await;
    let exports: Vec<&Value> = records
        .iter()
        .filter(|record| record["Operation"] == "LockboxAuditExported")
        .collect();
    assert_eq!(exports.len(), 2, "one record an export, however many parts");
    assert_eq!(
        exports[0]["Parameters"],
        json!([{"Name": "Format", "Value": "jsonl"}, {"Name": "Operations", "Value": "Bulk"}])
    );
}

#[tokio::test]
async fn an_export_holds_still_and_says_everything_that_was_filtered() {
    let (world, from) = filtered().await;
    let org = contoso(&world).await;
    let filter = json!({
        "startDate": from, "endDate": "2026-11-22T00:00:00Z", "recordType": 1,
        "operations": ["A-One", "A-Two", "B-One"], "userIds": ["*"], "objectIds": ["*"],
        "ipAddresses": ["192.0.2.1", "192.0.2.11", "2001:db8::1"], "freeText": "-",
        "format": "jsonl", "chunkSize": 3,
    });
    let first = world.ok("ada", "audit.export", filter.clone()).await;
    insert(&world, vec![draft(org, "A-One", start().plus_seconds(2))]).await;
    let mut next = filter.clone();
    next["cursor"] = first["nextCursor"].clone();
    let second = world.ok("ada", "audit.export", next.clone()).await;
    assert_eq!(
        (&first["records"], &second["records"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(second["nextCursor"], Value::Null);
    let record = world.log("ada").await;
    let record = record
        .iter()
        .find(|r| r["Operation"] == "LockboxAuditExported")
        .unwrap();
    assert_eq!(
        record["Parameters"],
        json!([
            {"Name": "Format", "Value": "jsonl"},
            {"Name": "StartDate", "Value": from},
            {"Name": "EndDate", "Value": "2026-11-22T00:00:00.000Z"},
            {"Name": "Operations", "Value": "A-One,A-Two,B-One"},
            {"Name": "RecordType", "Value": "1"},
            {"Name": "UserIds", "Value": "*"},
            {"Name": "IPAddresses", "Value": "192.0.2.1,192.0.2.11,2001:db8::1"},
            {"Name": "ObjectIds", "Value": "*"},
            {"Name": "FreeText", "Value": "-"},
        ])
    );

    // A cursor goes on with its own export only: same filters, same form, same caller; and no
    // cursor of a search, so that nothing is exported without a record.
    let mut wider = next.clone();
    wider.as_object_mut().unwrap().remove("freeText");
    let mut other_form = next.clone();
    other_form["format"] = "csv".into();
    for params in [wider, other_form] {
        world
            .refused("ada", "audit.export", params, "invalidParams")
            .await;
    }
    world
        .refused("sam", "audit.export", next.clone(), "invalidParams")
        .await;
    world
        .refused("nora", "audit.export", next.clone(), "invalidParams")
        .await;
    let page = world
        .ok("ada", "audit.search", json!({"resultSize": 1}))
        .await;
    let params = json!({"format": "jsonl", "cursor": page["nextCursor"]});
    world
        .refused("ada", "audit.export", params, "invalidParams")
        .await;
    let forged = hex::encode(json!([0, [START, 1_000_000]]).to_string());
    let params = json!({"format": "jsonl", "cursor": forged});
    world
        .refused("ada", "audit.export", params, "invalidParams")
        .await;
    let operations = world.operations("ada").await;
    assert_eq!(
        operations
            .iter()
            .filter(|name| *name == "LockboxAuditExported")
            .count(),
        1
    );
    let sizes = json!({"format": "jsonl", "chunkSize": 5_001});
    world
        .refused("ada", "audit.export", sizes, "invalidParams")
        .await;
}

/// What a watermark rests on: by sequence nothing is left out and nothing comes twice, whatever the
/// CreationTime says.
#[tokio::test]
async fn an_export_from_a_sequence_on_holds_late_reports_and_nothing_twice() {
    let world = World::new().await;
    let org = contoso(&world).await;
    let mut from = 0;
    let mut seen = Vec::new();
    for round in 0..4_i64 {
        // Each round reports something later that happened earlier.
        let late = (0..3).map(|n| draft(org, "Late", start().plus_seconds(-100 * round - n)));
        insert(&world, late.collect()).await;
        let mut params = json!({"format": "jsonl", "fromSequence": from, "chunkSize": 2});
        loop {
            let part = world.ok("ada", "audit.export", params.clone()).await;
            for line in part["content"].as_str().unwrap().lines() {
                let record: Value = serde_json::from_str(line).unwrap();
                seen.push(record["Sequence"].as_u64().unwrap());
            }
            // What comes meanwhile belongs to the next export.
            insert(&world, vec![draft(org, "Meanwhile", start())]).await;
            params["cursor"] = part["nextCursor"].clone();
            if params["cursor"].is_null() {
                break;
            }
        }
        from = seen.last().unwrap() + 1;
    }
    assert!(seen.len() > 16);
    assert_eq!(
        seen,
        (0..from).collect::<Vec<u64>>(),
        "in order, no gap, none twice"
    );
    let said = world.log("ada").await;
    let said = said
        .iter()
        .find(|record| record["Operation"] == "LockboxAuditExported")
        .unwrap();
    assert_eq!(
        said["Parameters"],
        json!([{"Name": "Format", "Value": "jsonl"}, {"Name": "FromSequence", "Value": "0"}]),
        "oldest first"
    );
}

#[tokio::test]
async fn a_part_is_bounded_by_its_bytes_too() {
    let world = World::new().await;
    let org = contoso(&world).await;
    let long = "x".repeat(1_000_000);
    let records = 20;
    for _ in 0..records {
        let mut draft = draft(org, "Long", start());
        draft.parameters = vec![written("Note", &long)];
        insert(&world, vec![draft]).await;
    }
    let parts = parts(
        &world,
        "ada",
        "jsonl",
        json!({"operations": ["Long"]}),
        5_000,
    )
    .await;
    assert!(parts.len() > 1, "20 MB are more than one part");
    for part in &parts {
        let bytes = part["content"].as_str().unwrap().len();
        assert!(bytes < PART_BYTES + 2 * long.len(), "{bytes}");
    }
    assert_eq!(whole(&parts).lines().count(), records);
    // A search gives all of them: scripts take a short page for the last one.
    let found = world
        .ok(
            "ada",
            "audit.search",
            json!({"operations": ["Long"], "resultSize": 5_000}),
        )
        .await;
    assert_eq!(found["records"].as_array().unwrap().len(), records);
}

#[tokio::test]
async fn nothing_in_a_csv_runs_in_a_spreadsheet() {
    let world = World::new().await;
    let org = contoso(&world).await;
    for start_of in ["=", "+", "-", "@", "\t"] {
        let mut draft = draft(org, "Formula", start());
        draft.object_id = format!("{start_of}HYPERLINK(1)");
        draft.detail = format!("{start_of}cmd|'/c calc'!A1");
        insert(&world, vec![draft]).await;
    }
    let filter = json!({"operations": ["Formula"]});
    let csv = whole(&parts(&world, "ada", "csv", filter.clone(), 10).await);
    for start_of in ["=", "+", "-", "@", "\t"] {
        let cells = format!(",Formula,'{start_of}HYPERLINK(1),'{start_of}cmd|'/c calc'!A1,");
        assert!(csv.contains(&cells), "{cells:?} in {csv}");
    }
    // JSON stays exact.
    let lines = whole(&parts(&world, "ada", "jsonl", filter, 10).await);
    assert!(lines.contains("\"ObjectId\":\"=HYPERLINK(1)\""));
}

#[tokio::test]
async fn an_export_of_nothing_is_a_header_and_a_record() {
    let world = World::new().await;
    let nothing = json!({"recordType": "SyntheticProbe", "startDate": after(&world, 1)});
    let csv = parts(&world, "ada", "csv", nothing.clone(), 10).await;
    assert_eq!(csv.len(), 1);
    assert_eq!(
        csv[0]["content"],
        "Date,IP,User,Activity,Item,Detail,AuditData\r\n"
    );
    assert_eq!(csv[0]["records"], 0);
    let lines = parts(&world, "ada", "jsonl", nothing, 10).await;
    assert_eq!(lines[0]["content"], "");
    let operations = world.operations("ada").await;
    assert_eq!(
        operations
            .iter()
            .filter(|name| *name == "LockboxAuditExported")
            .count(),
        2
    );
    assert!(world.clock.now() >= start());
}
