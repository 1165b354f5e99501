use super::*;
use crate::value::ValueError;
use crate::{ErrorCode, Refusal};

#[test]
fn an_empty_request_asks_for_all() {
    assert_eq!(ListRequest::decode(&[]), Ok(ListRequest::default()));
    assert_eq!(ListRequest::decode(&[0x80]), Ok(ListRequest::default()));
    assert_eq!(ListRequest::default().limit, MAX_PAGE);
    for limit in [&[0][..], &[0xcd, 0x03, 0xe9]] {
        let mut body = b"\x81\xa5limit".to_vec();
        body.extend(limit);
        let error = ListRequest::decode(&body).unwrap_err();
        assert_eq!(error.to_string(), "field `limit` must be 1 to 1000");
    }
}

#[test]
fn a_refusal_is_an_error() {
    let mut out = Vec::new();
    Refusal::new(ErrorCode::RouterStopping, "the router stops").encode(&mut out);
    let error = ServiceList::decode(&out).unwrap_err();
    assert_eq!((error.code(), error.hint()), ("ROUTER_STOPPING", None));
    assert_eq!(error.to_string(), "the router stops");
}

#[test]
fn the_operators_word_names_one_instance() {
    let request = OperatorRequest {
        service: "orders",
        instance: "host.7",
    };
    let mut body = Vec::new();
    request.encode(&mut body);
    assert_eq!(OperatorRequest::decode(&body), Ok(request));
    for (body, text) in [
        (&b"\x80"[..], "field `service` is missing"),
        (b"\x81\xa7service\xa1s", "field `instance` is missing"),
    ] {
        let error = OperatorRequest::decode(body).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let mut out = Vec::new();
    Refusal::new(ErrorCode::NotFound, "no such instance").encode(&mut out);
    assert_eq!(OperatorReply::decode(&out).unwrap_err().code(), "NOT_FOUND");
}

#[test]
fn nonsense_is_an_error_before_serde_sees_it() {
    let bomb = [0x91].repeat(100_000);
    let error = ServiceList::decode(&bomb).unwrap_err();
    assert!(matches!(error, AdminError::Value(ValueError::TooDeep)));
    let error = InstanceList::decode(b"\x81\xa7success\xc3").unwrap_err();
    assert!(matches!(error, AdminError::Record(_)), "{error}");
    assert_eq!(error.code(), "INVALID_REPLY");
}

#[test]
fn newer_and_older_routers_are_understood() {
    let body = b"\x83\xa7success\xc3\xa5shiny\x01\xa8services\x91\x82\xa4name\xa1s\xa3new\xc0";
    let list = ServiceList::decode(body).unwrap();
    assert_eq!(list.services.len(), 1);
    let expected = ServiceEntry {
        name: "s".into(),
        ..ServiceEntry::default()
    };
    assert_eq!((list.services.first(), list.next), (Some(&expected), None));
}

#[test]
fn a_reply_that_does_not_say_that_it_is_done_is_none() {
    let mut request = Vec::new();
    ListRequest::default().encode(&mut request);
    let error = OperatorReply::decode(&request).unwrap_err();
    assert!(
        error.to_string().contains("`success` is missing"),
        "{error}"
    );
}

#[test]
fn a_page_holds_so_many_entries_and_no_more() {
    let page = |count: u16| {
        let mut body = b"\x82\xa7success\xc3\xa9instances\xdc".to_vec();
        body.extend(count.to_be_bytes());
        body.extend(std::iter::repeat_n(0x80, count.into()));
        InstanceList::decode(&body).map(|list| list.instances.len())
    };
    assert_eq!(page(MAX_PAGE).unwrap(), usize::from(MAX_PAGE));
    let error = page(MAX_PAGE + 1).unwrap_err();
    let text = "field `instances` has more than 1000 entries";
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn what_the_router_says_of_itself_is_read_as_it_was_written() {
    let info = RouterInfo {
        success: true,
        id: "r1".into(),
        broker: RouterInfo::NATS.into(),
        evidence: RouterInfo::NO_RESPONDERS.into(),
        clock_ms: 1_700_000_000_000,
        max_payload: Some(1_048_576),
        ..RouterInfo::default()
    };
    let mut body = Vec::new();
    info.encode(&mut body).unwrap();
    assert_eq!(RouterInfo::decode(&body).unwrap(), info);
    // An older router does not know the question.
    let mut out = Vec::new();
    Refusal::new(ErrorCode::NotSupported, "not known").encode(&mut out);
    let error = RouterInfo::decode(&out).unwrap_err();
    assert_eq!(error.code(), "NOT_SUPPORTED");
}
