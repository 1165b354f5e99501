//! What the router knows: services and their instances.

use std::time::Duration;

use aegis_wire::admin::{
    AdminError, INSTANCE, InstanceList, LIST, ListRequest, Listing, SERVICE, ServiceList,
};
pub use aegis_wire::admin::{InstanceEntry, MethodEntry, ServiceEntry};

use crate::ListError;
use crate::client::Core;

/// How long a page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn services(core: &Core) -> Result<Vec<ServiceEntry>, ListError> {
    let mut services = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page: ServiceList = page(core, SERVICE, None, after.as_deref()).await?;
        services.extend(page.services);
        match page.next {
            Some(next) if after.as_deref() != Some(&*next) => after = Some(next),
            _ => return Ok(services),
        }
    }
}

pub(crate) async fn instances(core: &Core, service: &str) -> Result<Vec<InstanceEntry>, ListError> {
    let mut instances = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page: InstanceList = page(core, INSTANCE, Some(service), after.as_deref()).await?;
        instances.extend(page.instances);
        match page.next {
            Some(next) if after.as_deref() != Some(&*next) => after = Some(next),
            _ => return Ok(instances),
        }
    }
}

async fn page<L: Listing>(
    core: &Core,
    noun: &str,
    service: Option<&str>,
    after: Option<&str>,
) -> Result<L, ListError> {
    let mut body = Vec::new();
    let request = ListRequest {
        service,
        after,
        ..ListRequest::default()
    };
    request.encode(&mut body);
    let subject = core.subjects.admin(noun, LIST);
    let reply = core
        .work
        .request(&subject, None, &body, PAGE_TIMEOUT)
        .await?;
    L::decode(&reply.payload).map_err(|error| match error {
        AdminError::Refused { code, message, .. } => ListError::Refused {
            retryable: aegis_wire::ErrorCode::from_text(&code)
                .is_some_and(aegis_wire::ErrorCode::is_retryable),
            code,
            reason: message,
        },
        AdminError::Value(_) | AdminError::Record(_) => ListError::InvalidReply {
            reason: error.to_string(),
        },
    })
}
