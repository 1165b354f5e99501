//! What has to be known for a judgement.

use aegis_client::{Client, InstanceEntry, ListError, ListRequest, RouterInfo, ServiceEntry};

use super::judge::judge;
use super::report::Report;

/// Services whose instances are looked at one by one. The numbers are of all.
const MAX_SERVICES_LOOKED_INTO: usize = 20;

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// The router and every service.
    All,
    /// The router and this service.
    Service(&'a str),
    /// The router alone.
    Router,
}

/// What the router said.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) router: RouterInfo,
    pub(super) services: Vec<ServiceEntry>,
    /// Of the services that were looked into.
    pub(super) instances: Vec<InstanceEntry>,
}

/// Asks the router and judges.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn ask(client: &Client, scope: Scope<'_>) -> Result<Report, ListError> {
    let mut known = Known {
        router: client.router_info().await?,
        ..Known::default()
    };
    match scope {
        Scope::All => known.services = client.services().await?,
        Scope::Service(name) => known.services.extend(client.service(name).await?),
        Scope::Router => {}
    }
    let looked_into = known
        .services
        .iter()
        .filter(|service| service.healthy < service.instances)
        .take(MAX_SERVICES_LOOKED_INTO);
    for service in looked_into {
        let request = ListRequest {
            service: Some(&service.name),
            ..ListRequest::default()
        };
        // The first page says enough of why.
        let page = client.instances_page(&request).await?;
        known.instances.extend(page.instances);
    }
    Ok(judge(scope, known))
}
