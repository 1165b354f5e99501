//! Every answer that is not what was asked for: a status and `{detail}`.

use aegis_client::ListError;
use aegis_wire::ErrorCode;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::json;

/// Seconds after which asking again is worth it; said with each 503.
const RETRY_AFTER: &str = "1";

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// For people.
    #[schema(example = "no service `billing`")]
    pub(crate) detail: String,
}

/// A [`Detail`] and its status.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    /// 503: the router could not be asked.
    pub(super) fn unavailable(detail: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 404: there is no such thing.
    pub(super) fn not_found(detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 422: this parameter cannot be what it is.
    pub(super) fn parameter(name: &str, rule: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`{name}`: {rule}"),
        )
    }

    /// 405: we only read.
    pub(super) fn method_not_allowed() -> Self {
        let text = "only GET and HEAD: this API reads".to_owned();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, text)
    }

    fn new(status: StatusCode, detail: String) -> Self {
        Self { status, detail }
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match &error {
            ListError::Refused { code, reason, .. } if code == ErrorCode::UnknownService.text() => {
                Self::not_found(reason.clone())
            }
            _ => Self::unavailable(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, detail } = self;
        let mut response = json(status, &Detail { detail });
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let value = header::HeaderValue::from_static(RETRY_AFTER);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}
