use super::*;

fn refused(query: &str, last: Option<&str>) -> String {
    let error = asked(query, last).expect_err(query);
    assert_eq!(error.kind(), Kind::InvalidParams, "{query}");
    error.to_string()
}

#[test]
fn a_query_says_what_to_listen_to() {
    let all = asked("", None).unwrap();
    assert!(all.request.is_none() && all.tenant.is_none() && all.events.is_empty());
    assert!(all.behind.is_none());
    let some = asked(
        "requestId=EXSR123456&events=requestDecided,%20accessended&tenant=contoso%2Eexample",
        Some("1763812800000-42"),
    )
    .unwrap();
    assert_eq!(some.request.as_deref(), Some("EXSR123456"));
    assert_eq!(some.tenant.as_deref(), Some("contoso.example"));
    assert_eq!(some.events, [Event::RequestDecided, Event::AccessEnded]);
    let place = some.behind.unwrap();
    assert_eq!(place.to_string(), "1763812800000-42");
    assert_eq!(asked("", Some("")).unwrap().behind, None, "as browsers do");
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (query, why) in [
        ("requestid=1", "no parameter 'requestid'"),
        ("requestId=", "empty"),
        ("requestId=%20", "empty"),
        ("tenant=a&tenant=b", "more than once"),
        ("events=requestDecide", "no event 'requestDecide'"),
        ("events=requestDecided,", "no event ''"),
        ("requestId=%4", "percent-encoded"),
        ("requestId=%zz", "percent-encoded"),
        ("requestId=%ff", "percent-encoded"),
    ] {
        let said = refused(query, None);
        assert!(said.contains(why), "{query}: {said}");
    }
    let long = "9".repeat(40);
    for id in [
        "42",
        "-1-2",
        "1-+2",
        "1-2-3",
        "a-b",
        "-",
        &format!("{long}-1"),
    ] {
        assert!(refused("", Some(id)).contains("Last-Event-ID"), "{id}");
    }
}
