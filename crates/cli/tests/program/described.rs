//! Holds an answer to the description of it: every field of the right type, none missing, none besides.

use serde_json::Value;

/// What is wrong with a body, of which the description says this; nothing, if it is as described.
pub(crate) fn faults(description: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Check { description }.value("body", schema, body, &mut faults);
    faults
}

struct Check<'a> {
    description: &'a Value,
}

impl Check<'_> {
    fn value(&self, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let path = name.trim_start_matches('#');
            let named = self.description.pointer(path);
            let named = named.unwrap_or_else(|| panic!("{name} is described nowhere"));
            return self.value(at, named, value, faults);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice: &&Value| {
                let mut faults = Vec::new();
                self.value(at, choice, value, &mut faults);
                faults.is_empty()
            };
            match choices.iter().filter(fits).count() {
                1 => return,
                count => return faults.push(format!("{at}: {count} of the choices fit: {value}")),
            }
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            faults.push(format!("{at}: not one of {words:?}: {value}"));
        }
        if !is_of(&schema["type"], value) {
            return faults.push(format!("{at}: not {}: {value}", schema["type"]));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.value(&format!("{at}[{index}]"), &schema["items"], item, faults);
        }
        self.fields(at, schema, value, faults);
    }

    fn fields(&self, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
        let Some(fields) = value.as_object() else {
            return;
        };
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                faults.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, field) in fields {
            let at = format!("{at}.{name}");
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Null) if schema["properties"].is_null() => {}
                (Value::Null, Value::Null) => faults.push(format!("{at}: is not described")),
                (Value::Null, any) => self.value(&at, any, field, faults),
                (schema, _) => self.value(&at, schema, field, faults),
            }
        }
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type that this check does not know: {other}"),
    };
    match kind {
        Value::Null => true,
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

#[test]
fn what_is_not_as_described_is_found() {
    let description = serde_json::json!({"components": {"schemas": {"One": {
        "type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
    }}}});
    let schema =
        serde_json::json!({"type": "array", "items": {"$ref": "#/components/schemas/One"}});
    let of = |body| faults(&description, &schema, &body).len();
    assert_eq!(
        of(serde_json::json!([{"name": "a"}, {"name": "b", "age": null}])),
        0
    );
    assert_eq!(of(serde_json::json!({"name": "a"})), 1, "no list");
    assert_eq!(of(serde_json::json!([{"name": 1}])), 1);
    assert_eq!(of(serde_json::json!([{"age": 1}])), 1, "no name");
    assert_eq!(of(serde_json::json!([{"name": "a", "other": 1}])), 1);
}
