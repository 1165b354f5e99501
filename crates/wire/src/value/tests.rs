use super::*;

fn encoded(encode: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut Writer::new(&mut out));
    out
}

#[test]
fn integers_are_accepted_for_floats_and_floats_for_milliseconds() {
    let bytes = encoded(|w| {
        w.int(-3);
        w.uint(7);
        w.float(1.5);
        w.float(1999.9);
    });
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.float("f"), Ok(-3.0));
    assert_eq!(reader.float("f"), Ok(7.0));
    assert_eq!(reader.float("f"), Ok(1.5));
    assert_eq!(reader.millis("f"), Ok(1999));
    for bad in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        let bytes = encoded(|w| w.float(bad));
        assert!(Reader::new(&bytes).millis("f").is_err(), "{bad}");
    }
    let bytes = encoded(|w| w.float(f64::INFINITY));
    assert_eq!(Reader::new(&bytes).millis("f"), Ok(u64::MAX));
}

#[test]
fn errors_name_the_field() {
    let wrong = |expected| {
        Err(ValueError::WrongType {
            field: "f",
            expected,
        })
    };
    assert_eq!(Reader::new(&[0xc0]).text("f"), wrong("a string"));
    assert_eq!(
        Reader::new(&[0xa1, 0xff]).text("f"),
        Err(ValueError::NotUtf8 { field: "f" })
    );
    assert_eq!(
        Reader::new(&[0xff]).uint("f").map(|_| ""),
        wrong("an integer of 0 or more")
    );
    let error = Reader::new(&[0xc0]).text("trace_id").unwrap_err();
    assert_eq!(error.to_string(), "field `trace_id` must be a string");
}

#[test]
fn a_message_is_one_map() {
    let read = |bytes: &[u8]| fields(bytes, |_, reader| reader.skip());
    assert_eq!(read(&[0x80]), Ok(()));
    assert_eq!(read(&[]), Err(ValueError::Truncated));
    assert_eq!(read(&[0x90]), Err(ValueError::NotAMap));
    assert_eq!(read(&[0xc0]), Err(ValueError::NotAMap));
    assert_eq!(read(&[0x80, 0xc0]), Err(ValueError::TrailingBytes));
    assert_eq!(read(&[0xc1]), Err(ValueError::ReservedMarker));
    // Entries under keys that are not strings are passed over, whatever the key is.
    let odd = [0x83, 0x07, 0xc0, 0x92, 0x01, 0x02, 0xc0, 0xa1, b'k', 0xc0];
    let mut keys = Vec::new();
    let walked = fields(&odd, |key, reader| {
        keys.push(key);
        reader.skip()
    });
    assert_eq!((walked, keys), (Ok(()), vec![&b"k"[..]]));
}

#[test]
fn the_path_leads_to_the_map_with_the_bad_key() {
    let bytes = encoded(|w| {
        w.map(|map| {
            map.key("count").uint(2);
            let mut orders = map.key("orders");
            orders.array(2);
            orders.map(|_| {});
            orders.map(|map| {
                map.key("id").raw(Raw::walked(&[0x81, 0x01, 0xc0]));
            });
        });
    });
    let raw = Raw::new(&bytes).unwrap();
    let error = raw.check_string_keys("result").unwrap_err();
    assert_eq!(
        error,
        ValueError::NonStringKey {
            path: "result.orders[1].id".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "the map at `result.orders[1].id` has a key that is not a string"
    );
    let long = encoded(|w| w.map(|map| map.key(&"é".repeat(500)).raw(Raw::walked(&[0x81, 1, 1]))));
    let Err(ValueError::NonStringKey { path }) = Raw::new(&long).unwrap().check_string_keys("r")
    else {
        panic!("a bad key");
    };
    assert!(path.len() < 300 && path.ends_with("..."));
}

#[test]
fn keys_must_be_text_and_not_bytes() {
    for key in [&[0xc4, 1, b'k'][..], &[0xa1, 0xff], &[0xc0], &[0x90]] {
        let mut bytes = vec![0x81];
        bytes.extend(key);
        bytes.push(0xc0);
        let raw = Raw::new(&bytes).unwrap();
        assert!(raw.check_string_keys("r").is_err(), "{key:x?}");
    }
}

#[test]
fn kinds() {
    for (bytes, kind) in [
        (&[0xc0][..], Kind::Nil),
        (&[0xc2], Kind::Bool),
        (&[0xff], Kind::Int),
        (&[0xca, 0, 0, 0, 0], Kind::Float),
        (&[0xa0], Kind::Str),
        (&[0xc4, 0], Kind::Bin),
        (&[0xd4, 1, 1], Kind::Ext),
        (&[0x90], Kind::Array),
        (&[0x80], Kind::Map),
    ] {
        assert_eq!(Raw::new(bytes).unwrap().kind(), kind);
    }
    assert!(Raw::NIL.is_nil() && Raw::EMPTY_MAP.is_map());
}
