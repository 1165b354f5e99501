//! The admin paths of the first AegisIPC, in the shapes that its clients read.
//!
//! An instance is `ONLINE` if the router judges it healthy and `OFFLINE` if not: one definition for every
//! path, and the one that routing goes by. What was registered as `metadata` is not kept beyond what
//! the registry uses, so that is what stands there.

mod records;

use std::collections::HashMap;
use std::sync::Arc;

use aegis_client::{Client, InstanceEntry, ListError, ListRequest, ServiceEntry};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use self::records::{
    AdminHealth, HealthOrDetail, ServiceRoles, ServiceWithInstances, ServicesWithInstances,
};
use super::listings::{Captured, no_service, service_name};
use super::problem::{Detail, Problem};
use super::{Api, Json, json, query};
use crate::health::HEALTHY_PERCENT;

/// Most instances of one answer: these paths have no pages.
const MAX_INSTANCES: u64 = 10_000;

/// All services with all their instances.
#[utoipa::path(get, path = "/api/v1/admin/services", tag = "first", operation_id = "admin_services",
    responses(
        (status = 200, description = "The services", body = ServicesWithInstances),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer, or there are more than 10,000 instances: ask /api/v1/instances for pages", body = Detail),
    ))]
pub(super) async fn services(
    State(api): State<Arc<Api>>,
    uri: Uri,
) -> Result<Json<ServicesWithInstances>, Problem> {
    query::none(&uri)?;
    let asked = api.asking.ask(async |client| {
        let info = client.router_info().await?;
        let known = client.services().await?;
        if total(&known) > MAX_INSTANCES {
            return Ok(None);
        }
        let mut instances = by_service(instances_of(client, None).await?);
        let services = known.into_iter().map(|service| {
            let its = instances.remove(&service.name).unwrap_or_default();
            ServiceWithInstances::new(service, its, &info)
        });
        Ok(Some(services.collect::<Vec<_>>()))
    });
    let services = asked.await?.ok_or_else(too_many)?;
    Ok(Json(ServicesWithInstances {
        total_count: services.len() as u64,
        services,
    }))
}

/// One service with all its instances.
#[utoipa::path(get, path = "/api/v1/admin/services/{name}", tag = "first", operation_id = "admin_service",
    params(("name" = String, Path, description = "Its name.", example = "toy")),
    responses(
        (status = 200, description = "The service", body = ServiceWithInstances),
        (status = 404, description = "No such service", body = Detail),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer, or there are more than 10,000 instances: ask /api/v1/instances for pages", body = Detail),
    ))]
pub(super) async fn service(
    State(api): State<Arc<Api>>,
    name: Captured<String>,
    uri: Uri,
) -> Result<Json<ServiceWithInstances>, Problem> {
    query::none(&uri)?;
    Ok(Json(find(&api, service_name(name)?).await?))
}

/// Which instances of a service have which role.
#[utoipa::path(get, path = "/api/v1/admin/services/{name}/roles", tag = "first", operation_id = "admin_roles",
    params(("name" = String, Path, description = "Its name.", example = "toy")),
    responses(
        (status = 200, description = "The roles", body = ServiceRoles),
        (status = 404, description = "No such service", body = Detail),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer, or there are more than 10,000 instances: ask /api/v1/instances for pages", body = Detail),
    ))]
pub(super) async fn roles(
    State(api): State<Arc<Api>>,
    name: Captured<String>,
    uri: Uri,
) -> Result<Json<ServiceRoles>, Problem> {
    query::none(&uri)?;
    Ok(Json(find(&api, service_name(name)?).await?.roles()))
}

/// How many instances are healthy: 503 below 80 of a hundred. An empty registry is healthy.
#[utoipa::path(get, path = "/api/v1/admin/health", tag = "first", operation_id = "admin_health",
    responses(
        (status = 200, description = "At least 80 % of the instances are healthy", body = AdminHealth),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "Fewer are, or the router does not answer", body = HealthOrDetail),
    ))]
pub(super) async fn health(State(api): State<Arc<Api>>, uri: Uri) -> Response {
    let services = match query::none(&uri) {
        Ok(()) => api.asking.ask(async |client| client.services().await).await,
        Err(problem) => Err(problem),
    };
    match services {
        Ok(services) => {
            let health = AdminHealth::of(&services);
            let status = if health.is_enough(HEALTHY_PERCENT) {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            json(status, &health)
        }
        Err(problem) => problem.into_response(),
    }
}

async fn find(api: &Api, name: String) -> Result<ServiceWithInstances, Problem> {
    let asked = api.asking.ask(async |client| {
        let Some(service) = client.service(&name).await? else {
            return Ok(Err(no_service(&name)));
        };
        if service.instances > MAX_INSTANCES {
            return Ok(Err(too_many()));
        }
        let info = client.router_info().await?;
        let instances = instances_of(client, Some(&name)).await?;
        Ok(Ok(ServiceWithInstances::new(service, instances, &info)))
    });
    asked.await?
}

/// The instances of one service, or of all of them: page by page, however many services there are.
async fn instances_of(
    client: &Client,
    service: Option<&str>,
) -> Result<Vec<InstanceEntry>, ListError> {
    let mut instances = Vec::new();
    let mut after: Option<String> = None;
    // There may be more while we ask; a page too many is no harm, pages without end are.
    while (instances.len() as u64) < MAX_INSTANCES {
        let request = ListRequest {
            service,
            after: after.as_deref(),
            ..ListRequest::default()
        };
        let page = client.instances_page(&request).await?;
        instances.extend(page.instances);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(instances)
}

/// In the order in which they came.
fn by_service(instances: Vec<InstanceEntry>) -> HashMap<String, Vec<InstanceEntry>> {
    let mut services: HashMap<String, Vec<InstanceEntry>> = HashMap::new();
    for instance in instances {
        let its = services.entry(instance.service.clone());
        its.or_default().push(instance);
    }
    services
}

fn total(services: &[ServiceEntry]) -> u64 {
    services.iter().map(|service| service.instances).sum()
}

fn too_many() -> Problem {
    Problem::unavailable(format!(
        "more than {MAX_INSTANCES} instances: ask /api/v1/instances for pages"
    ))
}
