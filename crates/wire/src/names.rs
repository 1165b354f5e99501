//! Names of a request: there, trimmed, and keeping their rules.

use aegis_types::{InstanceId, NameError, ServiceName, is_strict_token};

use crate::value::ValueError;

/// The value of a field that must be there.
pub(crate) fn present<T>(field: &'static str, value: Option<T>) -> Result<T, ValueError> {
    value.ok_or(ValueError::MissingField { field })
}

/// A name that must be there and keep the rules that `check` checks.
pub(crate) fn name<'a>(
    field: &'static str,
    text: Option<&'a str>,
    check: impl FnOnce(&'a str) -> Result<&'a str, NameError>,
) -> Result<&'a str, ValueError> {
    let text = present(field, text)?;
    // Strict tokens keep the rules of every name, and nearly all names are strict tokens.
    if is_strict_token(text) {
        return Ok(text);
    }
    check(text).map_err(|error| ValueError::BadName { field, error })
}

/// Service and instance; those of a native instance must also be strict tokens.
pub(crate) fn service_and_instance<'a>(
    service_name: Option<&'a str>,
    instance_id: Option<&'a str>,
    native: bool,
) -> Result<(&'a str, &'a str), ValueError> {
    let service = name("service_name", service_name, ServiceName::check)?;
    let instance = name("instance_id", instance_id, InstanceId::check)?;
    if native {
        strict("service_name", service)?;
        strict("instance_id", instance)?;
    }
    Ok((service, instance))
}

fn strict(field: &'static str, text: &str) -> Result<(), ValueError> {
    if is_strict_token(text) {
        Ok(())
    } else {
        Err(ValueError::NotAStrictToken { field })
    }
}
