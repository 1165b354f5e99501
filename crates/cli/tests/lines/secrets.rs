//! Texts that must never be seen, and the search for them in every form in which bytes are printed.

use std::sync::{Arc, Mutex};

use aegis_bus::{Delivery, Subscriber};
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use serde_json::Value;

/// Marked so that each is found wherever it is printed, and never by chance.
pub(crate) const PARAMS: &str = "canary-of-params-4f1c";
pub(crate) const RESULT: &str = "canary-of-a-result-91d0";
pub(crate) const ERROR: &str = "canary-of-an-error-77ab";
pub(crate) const METADATA: &str = "canary-of-metadata-c2e8";
pub(crate) const JUNK: &str = "canary-of-junk-0b6d";
pub(crate) const PASSWORD: &str = "canary-of-a-password-e35a";

/// Refuses every place that holds one of the secrets, in any form, and says which and where.
pub(crate) fn search(secrets: &[String], places: &[(&str, &str)]) -> Vec<String> {
    let forms: Vec<(&String, Vec<String>)> = secrets
        .iter()
        .map(|secret| (secret, forms(secret)))
        .collect();
    let mut found = Vec::new();
    for (place, text) in places {
        for line in text.lines() {
            let holds = |(_, forms): &&(&String, Vec<String>)| {
                forms.iter().any(|form| line.contains(form.as_str()))
            };
            let secret = forms.iter().find(holds);
            found.extend(secret.map(|(secret, _)| format!("{place}: {secret:?} in: {line}")));
        }
    }
    found
}

/// A secret as it is, as the numbers of its bytes, in hexadecimal and in base64.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let list = |between: &str| {
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        numbers.join(between)
    };
    let mut forms = vec![
        secret.to_owned(),
        list(", "),
        list(","),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
    ];
    // What stands before it shifts it by up to two bytes: the signs that only it decides are the same.
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(bytes);
        let whole = shifted.len() / 3 * 3;
        for encoding in [&BASE64, &BASE64URL] {
            let text = encoding.encode(&shifted[..whole]);
            forms.push(text[shift.div_ceil(3) * 4..].to_owned());
        }
    }
    forms
}

#[test]
fn a_secret_is_found_in_every_form_and_nothing_else_is() {
    let secrets = [PARAMS.to_owned()];
    let message = format!("xy{PARAMS}z");
    let bytes = message.as_bytes();
    for shown in [
        message.clone(),
        format!("{bytes:?}"),
        serde_json::to_string(bytes).unwrap(),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        BASE64.encode(bytes),
        BASE64.encode(&bytes[1..]),
        BASE64URL.encode(&bytes[2..]),
    ] {
        let line = format!("before {shown} after");
        assert_eq!(search(&secrets, &[("here", &line)]).len(), 1, "{line}");
    }
    let other = format!(
        "{:?} {}",
        RESULT.as_bytes(),
        BASE64.encode(RESULT.as_bytes())
    );
    assert_eq!(search(&secrets, &[("here", &other)]), Vec::<String>::new());
}

/// Hears everything that travels, and keeps the lease tokens.
#[derive(Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<Vec<u64>>>);

impl Subscriber for Tap {
    fn on_message(&mut self, message: Delivery<'_>) {
        let map = rmp_serde::from_slice::<Value>(message.payload);
        let token = map.ok().and_then(|map| map["lease_token"].as_u64());
        self.0.lock().unwrap().extend(token);
    }
}

impl Tap {
    /// Every way in which one might be printed as a number.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let tokens = self.0.lock().unwrap();
        let texts = tokens.iter().flat_map(|token| {
            [
                format!("{token}"),
                format!("{token:x}"),
                format!("{token:X}"),
            ]
        });
        texts.collect()
    }
}
