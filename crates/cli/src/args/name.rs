//! Names that cannot be wrong are refused before anything is asked.

use aegis_types::{InstanceId, MethodName, ServiceName};

/// Reads the name of a service.
pub(crate) fn service(text: &str) -> Result<String, String> {
    ServiceName::check(text)
        .map(str::to_owned)
        .map_err(|rule| rule.to_string())
}

/// Reads the id of an instance.
pub(crate) fn instance(text: &str) -> Result<String, String> {
    InstanceId::check(text)
        .map(str::to_owned)
        .map_err(|rule| rule.to_string())
}

/// Reads the name of a method.
pub(crate) fn method(text: &str) -> Result<String, String> {
    MethodName::check(text)
        .map(str::to_owned)
        .map_err(|rule| rule.to_string())
}
