use super::*;
use serde_json::{from_slice, json};
use std::sync::Mutex;

/// The methods of the specification's examples, by name instead of by position.
struct Service {
    seen: Mutex<Vec<Call>>,
    /// Codes and bytes of what was refused before it was a call.
    refused: Mutex<Vec<(i64, usize)>>,
}

impl Service {
    fn new() -> Self {
        Self {
            seen: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    async fn answer(&self, body: &str) -> Option<String> {
        self.answer_within(body, &Limits::default()).await
    }

    async fn answer_within(&self, body: &str, limits: &Limits) -> Option<String> {
        let answer = process(body.as_bytes(), limits, self).await?;
        Some(String::from_utf8(answer).unwrap())
    }

    fn methods(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|call| call.method.clone()).collect()
    }
}

impl Handler for Service {
    type Answer = Value;

    async fn call(&self, call: Call) -> Result<Value, ErrorObject> {
        self.seen.lock().unwrap().push(call.clone());
        let number = |name: &str| {
            let params = call.params.as_ref();
            params
                .and_then(|params| params.get(name)?.as_i64())
                .unwrap_or(0)
        };
        match call.method.as_str() {
            "subtract" => Ok(json!(number("minuend") - number("subtrahend"))),
            "sum" => Ok(json!(number("a") + number("b") + number("c"))),
            "get_data" => Ok(json!(["hello", 5])),
            "update" | "notify_hello" | "notify_sum" => Ok(Value::Null),
            "fail" => Err(ErrorObject {
                code: -32005,
                message: "No.".to_owned(),
                data: None,
            }),
            other => Err(ErrorObject::method_not_found(other)),
        }
    }

    fn refused(&self, error: &ErrorObject, bytes: usize) {
        self.refused.lock().unwrap().push((error.code, bytes));
    }
}

#[tokio::test]
async fn the_handler_is_told_of_everything_once_with_its_bytes() {
    let service = Service::new();
    for body in [
        "{",
        "[]",
        "7",
        r#"{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}"#,
    ] {
        assert!(service.answer(body).await.is_some());
    }
    let batch = r#"[{"jsonrpc":"2.0","method":"update"}, 1, {"jsonrpc":"1.0","id":2}]"#;
    assert!(service.answer(batch).await.is_some());
    let refused = service.refused.lock().unwrap().clone();
    let expected = [
        (PARSE_ERROR, 1),
        (INVALID_REQUEST, 2),
        (INVALID_REQUEST, 1),
        (INVALID_PARAMS, 52),
        (INVALID_REQUEST, 1),
        (INVALID_REQUEST, 24),
    ];
    assert_eq!(refused, expected);
    let calls = service.seen.lock().unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].bytes, 35);
}

/// The answer without `data`, which the specification leaves to the server.
fn bare(answer: Option<String>) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(members) => {
                if let Some(Value::Object(error)) = members.get_mut("error") {
                    let data = error.remove("data");
                    let has = |key: &str| data.as_ref().is_some_and(|data| data[key].is_string());
                    assert!(
                        error["code"] == -32005 || (has("code") && has("message") && has("remedy")),
                        "{data:?}"
                    );
                }
            }
            _ => {}
        }
    }
    let mut value = from_slice(answer.expect("an answer").as_bytes()).unwrap();
    strip(&mut value);
    value
}

async fn error_code(body: &str) -> (i64, Value) {
    let answer = bare(Service::new().answer(body).await);
    (
        answer["error"]["code"].as_i64().unwrap_or(0),
        answer["id"].clone(),
    )
}

#[tokio::test]
async fn specification_named_parameters() {
    let service = Service::new();
    for (body, id) in [
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
            3,
        ),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
            4,
        ),
    ] {
        assert_eq!(
            service.answer(body).await.unwrap(),
            format!(r#"{{"jsonrpc":"2.0","result":19,"id":{id}}}"#)
        );
    }
}

#[tokio::test]
async fn specification_positional_parameters_are_refused() {
    let service = Service::new();
    let answer = service
        .answer(r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#)
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["error"]["code"], INVALID_PARAMS);
    let data = &answer["error"]["data"];
    assert_eq!(data["code"], "invalidParams");
    assert_eq!(data["pointer"], "");
    assert_eq!(data["expected"], "an object with the params by name");
    assert!(data["message"].as_str().unwrap().contains("positional"));
    assert!(data["remedy"].as_str().unwrap().contains("rpc.discover"));
    assert!(service.methods().is_empty(), "nothing ran");
}

#[tokio::test]
async fn an_empty_array_is_no_params() {
    let service = Service::new();
    for params in ["[]", "[ \n ]"] {
        let call =
            format!(r#"{{"jsonrpc": "2.0", "method": "get_data", "params": {params}, "id": 1}}"#);
        let answer = service.answer(&call).await.unwrap();
        assert_eq!(answer, r#"{"jsonrpc":"2.0","result":["hello",5],"id":1}"#);
    }
    assert_eq!(service.seen.lock().unwrap()[0].params, None);
}

#[tokio::test]
async fn specification_notifications() {
    let service = Service::new();
    let positional = r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#;
    assert_eq!(service.answer(positional).await, None);
    assert!(
        service.methods().is_empty(),
        "a refused notification does not run"
    );
    for body in [
        r#"{"jsonrpc": "2.0", "method": "foobar"}"#,
        r#"{"jsonrpc": "2.0", "method": "update", "params": {"a": 1}}"#,
        r#"{"jsonrpc": "2.0", "method": "fail"}"#,
    ] {
        assert_eq!(service.answer(body).await, None, "{body}");
    }
    assert_eq!(service.methods(), ["foobar", "update", "fail"]);
    assert!(
        service
            .seen
            .lock()
            .unwrap()
            .iter()
            .all(|call| call.notification)
    );
}

#[tokio::test]
async fn specification_non_existent_method() {
    assert_eq!(
        bare(
            Service::new()
                .answer(r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#)
                .await
        ),
        json!({"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"})
    );
}

#[tokio::test]
async fn specification_invalid_json_and_request() {
    let parse =
        json!({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null});
    let invalid = json!({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null});
    for (body, expected) in [
        (
            r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
            &parse,
        ),
        (
            r#"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
               {"jsonrpc": "2.0", "method"]"#,
            &parse,
        ),
        (
            r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
            &invalid,
        ),
        ("[]", &invalid),
        ("[1]", &json!([invalid])),
        ("[1,2,3]", &json!([invalid, invalid, invalid])),
    ] {
        assert_eq!(bare(Service::new().answer(body).await), *expected, "{body}");
    }
}

#[tokio::test]
async fn specification_batch() {
    let service = Service::new();
    let answer = service
        .answer(
            r#"[
            {"jsonrpc": "2.0", "method": "sum", "params": {"a": 1, "b": 2, "c": 4}, "id": "1"},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": {"a": 7}},
            {"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": "2"},
            {"foo": "boo"},
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
        ]"#,
        )
        .await;
    assert_eq!(
        bare(answer),
        json!([
            {"jsonrpc": "2.0", "result": 7, "id": "1"},
            {"jsonrpc": "2.0", "result": 19, "id": "2"},
            {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
            {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},
            {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}
        ])
    );
    assert_eq!(
        service.methods(),
        ["sum", "notify_hello", "subtract", "foo.get", "get_data"],
        "in order, notifications included"
    );
}

#[tokio::test]
async fn specification_batch_of_notifications_answers_nothing() {
    let service = Service::new();
    let answer = service
        .answer(
            r#"[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
                {"jsonrpc": "2.0", "method": "notify_hello", "params": {"a": 7}}]"#,
        )
        .await;
    assert_eq!(answer, None);
    assert_eq!(service.methods(), ["notify_hello"]);
}

#[tokio::test]
async fn ids_come_back_byte_for_byte() {
    for id in [
        "null",
        "0",
        "-7",
        "1.50",
        "1e400",
        "123456789012345678901234567890",
        "\"\"",
        "\"caf\\u00e9 \\ud800\"",
        "\"b1946ac9-2492-4d23-8c4a-3f1f4c4f2d1a\"",
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"sum"}}"#);
        assert_eq!(
            Service::new().answer(&body).await.unwrap(),
            format!(r#"{{"jsonrpc":"2.0","result":0,"id":{id}}}"#)
        );
    }
}

#[tokio::test]
async fn other_ids_are_invalid() {
    for id in ["true", "false", "{}", "[1]"] {
        let service = Service::new();
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"sum"}}"#);
        let answer = bare(service.answer(&body).await);
        assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{id}");
        assert_eq!(answer["id"], Value::Null);
        assert!(service.methods().is_empty());
    }
}

#[tokio::test]
async fn what_is_no_call_is_answered_with_its_id() {
    for body in [
        r#"{"id":7,"method":"sum"}"#,
        r#"{"jsonrpc":"1.0","id":7,"method":"sum"}"#,
        r#"{"jsonrpc":2.0,"id":7,"method":"sum"}"#,
        r#"{"jsonrpc":"2.0","id":7}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":null}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"sum","params":null}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"sum","params":"x"}"#,
    ] {
        assert_eq!(
            error_code(body).await,
            (INVALID_REQUEST, json!(7)),
            "{body}"
        );
    }
    // Without an id it is no notification either, because it is no call.
    let body = r#"{"jsonrpc":"2.0","method":"sum","params":1}"#;
    assert_eq!(error_code(body).await, (INVALID_REQUEST, Value::Null));
    for body in ["", " ", "1", "null", "\"x\"", "{", "\u{feff}{}"] {
        let (code, id) = error_code(body).await;
        assert!(
            code == PARSE_ERROR || code == INVALID_REQUEST,
            "{body}: {code}"
        );
        assert_eq!(id, Value::Null);
    }
    let service = Service::new();
    let answer = process(b"{\"jsonrpc\":\"\xff\"}", &Limits::default(), &service).await;
    let answer: Value = from_slice(&answer.unwrap()).unwrap();
    assert_eq!(answer["error"]["code"], PARSE_ERROR, "not UTF-8");
}

#[tokio::test]
async fn members_that_stand_twice_are_refused() {
    let envelope = r#"{"jsonrpc":"2.0","id":1,"method":"sum","method":"fail"}"#;
    assert_eq!(error_code(envelope).await, (INVALID_REQUEST, Value::Null));

    let service = Service::new();
    let answer = service
        .answer(
            r#"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"list":[{},{"a/b":1,"a\/b":2}]}}"#,
        )
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["error"]["code"], INVALID_PARAMS);
    assert_eq!(answer["error"]["data"]["pointer"], "/list/1/a~1b");
    assert!(service.methods().is_empty());
}

#[tokio::test]
async fn params_arrive_as_sent_and_other_members_are_ignored() {
    let service = Service::new();
    let params = json!({"a": 1, "b": [null, true, -3, 0.5, "x\u{e9}", u64::MAX], "c": {"d": {}}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "sum", "params": params, "trace": [1]});
    service.answer(&body.to_string()).await.unwrap();
    service
        .answer(r#"{"jsonrpc":"2.0","id":1,"method":"sum"}"#)
        .await
        .unwrap();
    let seen = service.seen.lock().unwrap();
    assert_eq!(Value::Object(seen[0].params.clone().unwrap()), params);
    assert_eq!(seen[1].params, None);
    assert!(!seen[0].notification);
}

#[tokio::test]
async fn params_are_nested_at_most_127_levels() {
    let body = |levels: usize| {
        let (open, close) = ("{\"a\":".repeat(levels - 1), "}".repeat(levels - 1));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"get_data","params":{open}{{}}{close}}}"#)
    };
    let service = Service::new();
    assert_eq!(bare(service.answer(&body(127)).await)["result"][1], 5);
    assert_eq!(error_code(&body(128)).await, (PARSE_ERROR, json!(1)));
    // Deep nesting where nobody reads costs no stack.
    let deep = format!("[{}{}]", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(
        bare(service.answer(&deep).await)[0]["error"]["code"],
        INVALID_REQUEST
    );
}

#[tokio::test]
async fn half_a_surrogate_pair_is_no_text() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"a":"\ud800"}}"#;
    assert_eq!(error_code(body).await, (PARSE_ERROR, json!(1)));
}

#[tokio::test]
async fn a_batch_has_at_most_its_limit() {
    let limits = Limits { batch_length: 3 };
    let batch = |calls: usize| {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"sum"}"#;
        format!("[{}]", vec![call; calls].join(","))
    };
    let service = Service::new();
    let fits = bare(service.answer_within(&batch(3), &limits).await);
    assert_eq!(fits.as_array().map(Vec::len), Some(3));
    assert_eq!(service.methods().len(), 3);

    let answer = service.answer_within(&batch(4), &limits).await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["error"]["code"], INVALID_REQUEST);
    assert_eq!(answer["error"]["data"]["limit"], 3);
    assert_eq!(service.methods().len(), 3, "nothing of it ran");
    assert_eq!(Limits::default().batch_length, 100);
}

#[tokio::test]
async fn one_failure_leaves_the_rest_of_a_batch() {
    let service = Service::new();
    let answer = service
        .answer(
            r#"[{"jsonrpc":"2.0","id":1,"method":"fail"},{"jsonrpc":"2.0","id":2,"method":"sum"}]"#,
        )
        .await
        .unwrap();
    assert_eq!(
        answer,
        r#"[{"jsonrpc":"2.0","error":{"code":-32005,"message":"No."},"id":1},{"jsonrpc":"2.0","result":0,"id":2}]"#
    );
}
