//! MessagePack as JSON, for people: what JSON has no word for is written down, not refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

/// Any value that a service may answer with, as JSON.
///
/// Three things are translated: bytes become `{"$bytes": "<hex>"}`, a map key that is not text becomes
/// its JSON text (as in JavaScript), and a float that is not a number becomes `null`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonValue(pub(crate) Value);

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything).map(Self)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(json!({ "$bytes": hex }))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(JsonValue(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((JsonValue(key), JsonValue(value))) = entries.next_entry()? {
            let key = match key {
                Value::String(text) => text,
                other => other.to_string(),
            };
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Value {
        rmp_serde::from_slice::<JsonValue>(bytes).unwrap().0
    }

    #[test]
    fn what_json_knows_stays() {
        let value = json!({"a": [1, -2, 2.5, null, true], "b": {"c": "d"}});
        assert_eq!(shown(&rmp_serde::to_vec(&value).unwrap()), value);
    }

    #[test]
    fn what_json_lacks_is_written_down() {
        assert_eq!(shown(&[0xc4, 2, 0x0a, 0xff]), json!({"$bytes": "0aff"}));
        assert_eq!(shown(&[0x81, 0x07, 0xc3]), json!({"7": true}));
        assert_eq!(shown(&[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]), Value::Null);
    }
}
