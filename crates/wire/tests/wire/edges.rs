//! Vectors at the edges of what is taken, and beyond them. Made with the naive MessagePack: our own
//! writer cannot write most of them.

use super::folder::check;
use super::naive::Value;

const DEEPEST: usize = 32;

fn call(entries: &[(&str, Value)]) -> Value {
    let names = [
        ("service_name", Value::text("orders")),
        ("method", Value::text("get")),
        ("protocol", Value::Uint(1)),
    ];
    Value::map(&[&names, entries].concat())
}

fn heartbeat(entries: &[(&str, Value)]) -> Value {
    let names = [
        ("service_name", Value::text("orders")),
        ("instance_id", Value::text("orders-1")),
        ("incarnation", Value::Uint(7)),
    ];
    Value::map(&[&names, entries].concat())
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Nil, |inner, _| Value::Array(vec![inner]))
}

fn params(value: Value) -> Value {
    call(&[("params", value)])
}

fn vector(name: &str, value: &Value) {
    check(name, &value.encode(false));
}

#[test]
fn taken() {
    let inner = Value::map(&[("sRGB", Value::Array(vec![Value::Uint(255)]))]);
    vector(
        "edge_unknown_keys",
        &call(&[("colour", inner), ("x", Value::Nil)]),
    );
    vector(
        "edge_integer_for_float",
        &call(&[("timeout", Value::Uint(5))]),
    );
    vector(
        "edge_float_for_milliseconds",
        &call(&[("timeout_ms", Value::Float(1_500.75))]),
    );
    vector(
        "edge_nil_is_absent",
        &call(&[
            ("trace_id", Value::Nil),
            ("timeout_ms", Value::Nil),
            ("excluded_instances", Value::Nil),
        ]),
    );
    vector(
        "edge_duplicate_key",
        &call(&[("method", Value::text("place"))]),
    );
    let all = call(&[("params", Value::map(&[("id", Value::Uint(7))]))]);
    check("edge_longest_forms", &all.encode(true));
    let token = ("lease_token", Value::Uint(7));
    vector(
        "edge_signed_form",
        &heartbeat(&[token, ("in_flight", Value::Int(3))]),
    );
    vector(
        "edge_largest_integer",
        &heartbeat(&[("lease_token", Value::Uint(u64::MAX))]),
    );
    vector(
        "edge_bytes_in_params",
        &params(Value::map(&[
            ("bytes", Value::Bin(vec![0, 159, 255])),
            ("text", Value::text("é")),
        ])),
    );
    vector(
        "edge_text_not_utf8_in_params",
        &params(Value::map(&[("name", Value::Str(vec![0xff, b'a']))])),
    );
    vector("edge_ext_in_params", &params(Value::Ext(42, vec![1, 2, 3])));
    vector(
        "edge_integer_keys_in_params",
        &params(Value::Map(vec![(Value::Uint(1), Value::text("one"))])),
    );
    vector("edge_depth_32", &params(nested(DEEPEST)));
    vector(
        "edge_unknown_kind",
        &Value::map(&[("kind", Value::text("promote")), ("epoch", Value::Uint(4))]),
    );
}

#[test]
fn refused() {
    vector("hostile_depth_33", &params(nested(DEEPEST + 1)));
    vector("hostile_not_a_map", &Value::Array(vec![call(&[])]));
    let whole = call(&[]).encode(false);
    check("hostile_truncated", &whole[..whole.len() - 3]);
    check("hostile_trailing_bytes", &[&whole[..], &[0xc0]].concat());
    let mut reserved = params(Value::Nil).encode(false);
    reserved.pop();
    check("hostile_reserved_byte", &[&reserved[..], &[0xc1]].concat());
    check(
        "hostile_length_of_4_gb",
        &[&reserved[..], &[0xdd, 255, 255, 255, 255]].concat(),
    );
    vector(
        "hostile_bytes_for_text",
        &call(&[("method", Value::Bin(b"get".to_vec()))]),
    );
    vector(
        "hostile_text_for_integer",
        &call(&[("timeout_ms", Value::text("5"))]),
    );
    vector(
        "hostile_missing_method",
        &Value::map(&[("service_name", Value::text("orders"))]),
    );
    vector(
        "hostile_blank_name",
        &call(&[("service_name", Value::text("  "))]),
    );
    vector(
        "hostile_control_character",
        &call(&[("service_name", Value::text("or\0ders"))]),
    );
    vector(
        "hostile_name_not_utf8",
        &call(&[("service_name", Value::Str(vec![b'o', 0xff]))]),
    );
    vector(
        "hostile_timeout_not_a_number",
        &call(&[("timeout", Value::Float(f64::NAN))]),
    );
    vector(
        "hostile_timeout_too_long",
        &call(&[("timeout_ms", Value::Uint(300_001))]),
    );
    vector(
        "hostile_negative_timeout",
        &call(&[("timeout_ms", Value::Int(-1))]),
    );
    let legacy = [
        ("service_name", Value::text("orders")),
        ("method", Value::text("get")),
        ("params", Value::Array(vec![])),
    ];
    vector("hostile_legacy_params_not_a_map", &Value::map(&legacy));
    vector(
        "hostile_native_name_with_a_dot",
        &heartbeat(&[("instance_id", Value::text("host.7"))]),
    );
    vector(
        "hostile_no_lease_token",
        &heartbeat(&[("in_flight", Value::Uint(0))]),
    );
}
