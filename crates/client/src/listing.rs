//! What the router knows: services and their instances.

use std::time::Duration;

use aegis_wire::admin::{AdminError, INFO, INSTANCE, LIST, Listing, ROUTER, SERVICE};
pub use aegis_wire::admin::{
    InstanceEntry, InstanceList, ListRequest, MethodEntry, RouterEntry, RouterInfo, ServiceEntry,
    ServiceList,
};

use crate::client::Core;
use crate::{Client, ListError};

/// How long a page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(5);

impl Client {
    /// One service, if the router knows it.
    ///
    /// # Errors
    ///
    /// See [`ListError`].
    pub async fn service(&self, service: &str) -> Result<Option<ServiceEntry>, ListError> {
        let request = ListRequest {
            service: Some(service),
            ..ListRequest::default()
        };
        let page: ServiceList = page(&self.core, SERVICE, &request).await?;
        let mut found = page.services.into_iter();
        Ok(found.find(|entry| entry.name == service))
    }

    /// One instance, if it is registered.
    ///
    /// # Errors
    ///
    /// See [`ListError`]; a service that never was is refused as `UNKNOWN_SERVICE`.
    pub async fn instance(
        &self,
        service: &str,
        instance: &str,
    ) -> Result<Option<InstanceEntry>, ListError> {
        // An older router does not know the filter and sends all: so did we before there was one.
        let mut found = instances_like(&self.core, service, Some(instance))
            .await?
            .into_iter();
        Ok(found.find(|entry| entry.instance == instance))
    }

    /// One page of services; `next` of it is the `after` of the page that follows.
    ///
    /// # Errors
    ///
    /// See [`ListError`].
    pub async fn services_page(&self, request: &ListRequest<'_>) -> Result<ServiceList, ListError> {
        page(&self.core, SERVICE, request).await
    }

    /// One page of instances, of one service or of all.
    ///
    /// # Errors
    ///
    /// See [`ListError`]; a service that never was is refused as `UNKNOWN_SERVICE`.
    pub async fn instances_page(
        &self,
        request: &ListRequest<'_>,
    ) -> Result<InstanceList, ListError> {
        page(&self.core, INSTANCE, request).await
    }

    /// The router that answers, and how far it trusts what it sees. `None` if it is too old to say.
    ///
    /// # Errors
    ///
    /// See [`ListError`].
    pub async fn router(&self) -> Result<Option<RouterEntry>, ListError> {
        let request = ListRequest {
            limit: 1,
            ..ListRequest::default()
        };
        let page: ServiceList = page(&self.core, SERVICE, &request).await?;
        Ok(page.router)
    }

    /// What the router that answers says of itself: its clock, its evidence, its limits.
    ///
    /// # Errors
    ///
    /// See [`ListError`]; a router that is too old to say refuses with `NOT_SUPPORTED`.
    pub async fn router_info(&self) -> Result<RouterInfo, ListError> {
        let subject = self.core.subjects.admin(ROUTER, INFO);
        let asked = self.core.work.request(&subject, None, b"", PAGE_TIMEOUT);
        RouterInfo::decode(&asked.await?.payload).map_err(not_listed)
    }
}

pub(crate) async fn services(core: &Core) -> Result<Vec<ServiceEntry>, ListError> {
    let mut services = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let request = ListRequest {
            after: after.as_deref(),
            ..ListRequest::default()
        };
        let page: ServiceList = page(core, SERVICE, &request).await?;
        services.extend(page.services);
        match page.next {
            Some(next) if after.as_deref() != Some(&*next) => after = Some(next),
            _ => return Ok(services),
        }
    }
}

pub(crate) async fn instances(core: &Core, service: &str) -> Result<Vec<InstanceEntry>, ListError> {
    instances_like(core, service, None).await
}

async fn instances_like(
    core: &Core,
    service: &str,
    instance: Option<&str>,
) -> Result<Vec<InstanceEntry>, ListError> {
    let mut instances = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let request = ListRequest {
            service: Some(service),
            instance,
            after: after.as_deref(),
            ..ListRequest::default()
        };
        let page: InstanceList = page(core, INSTANCE, &request).await?;
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
    request: &ListRequest<'_>,
) -> Result<L, ListError> {
    let mut body = Vec::new();
    request.encode(&mut body);
    let subject = core.subjects.admin(noun, LIST);
    let reply = core
        .work
        .request(&subject, None, &body, PAGE_TIMEOUT)
        .await?;
    L::decode(&reply.payload).map_err(not_listed)
}

fn not_listed(error: AdminError) -> ListError {
    match error {
        AdminError::Refused { code, message, .. } => ListError::Refused {
            retryable: aegis_wire::ErrorCode::from_text(&code)
                .is_some_and(aegis_wire::ErrorCode::is_retryable),
            code,
            reason: message,
        },
        AdminError::Value(_) | AdminError::Record(_) => ListError::InvalidReply {
            reason: error.to_string(),
        },
    }
}
