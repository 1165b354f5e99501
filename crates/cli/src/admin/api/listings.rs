//! `/api/v1/services`, `/api/v1/instances`, and one of each.

use std::sync::Arc;

use aegis_client::ListRequest;
use aegis_types::{InstanceId, ServiceName};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;

use super::problem::{Detail, Problem};
use super::query::{self, Page};
use super::records::{Instance, Instances, Service, Services};
use super::{Api, Json};

/// What a path captured, which may be no text at all.
pub(super) type Captured<T> = Result<Path<T>, PathRejection>;

/// Services, a page at a time.
#[utoipa::path(get, path = "/api/v1/services", tag = "registry",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "At most this many entries; 1000 if not said."),
        ("after" = Option<String>, Query, description = "Where the page before ended; `next` of an answer has it."),
    ),
    responses(
        (status = 200, description = "A page", body = Services),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn services(
    State(api): State<Arc<Api>>,
    uri: Uri,
) -> Result<Json<Services>, Problem> {
    let page = Page::read(&uri, &[])?;
    let request = ListRequest {
        after: page.after(),
        limit: page.limit,
        ..ListRequest::default()
    };
    let ask = async |client: &aegis_client::Client| client.services_page(&request).await;
    let list = api.asking.ask(ask).await?;
    Ok(Json(Services {
        services: list.services.into_iter().map(Service::from).collect(),
        next: list.next.map(|next| page.link("/api/v1/services", &next)),
        router: list.router.map(Into::into),
    }))
}

/// One service.
#[utoipa::path(get, path = "/api/v1/services/{name}", tag = "registry",
    params(("name" = String, Path, description = "Its name.", example = "toy")),
    responses(
        (status = 200, description = "The service", body = Service),
        (status = 404, description = "No such service", body = Detail),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn service(
    State(api): State<Arc<Api>>,
    name: Captured<String>,
    uri: Uri,
) -> Result<Json<Service>, Problem> {
    query::none(&uri)?;
    let name = service_name(name)?;
    let ask = async |client: &aegis_client::Client| client.service(&name).await;
    let found = api.asking.ask(ask).await?;
    found
        .map(|entry| Json(entry.into()))
        .ok_or_else(|| no_service(&name))
}

/// Instances, a page at a time.
#[utoipa::path(get, path = "/api/v1/instances", tag = "registry",
    params(
        ("service" = Option<String>, Query, description = "Only the instances of this service.", example = "toy"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "At most this many entries; 1000 if not said."),
        ("after" = Option<String>, Query, description = "Where the page before ended; `next` of an answer has it."),
    ),
    responses(
        (status = 200, description = "A page", body = Instances),
        (status = 404, description = "No such service", body = Detail),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn instances(
    State(api): State<Arc<Api>>,
    uri: Uri,
) -> Result<Json<Instances>, Problem> {
    let page = Page::read(&uri, &["service"])?;
    let service = page.filter("service");
    if let Some(name) = service {
        ServiceName::check(name).map_err(|_| no_service(name))?;
    }
    let request = ListRequest {
        service,
        after: page.after(),
        limit: page.limit,
        ..ListRequest::default()
    };
    let ask = async |client: &aegis_client::Client| client.instances_page(&request).await;
    let list = api.asking.ask(ask).await?;
    Ok(Json(Instances {
        instances: list.instances.into_iter().map(Instance::from).collect(),
        next: list.next.map(|next| page.link("/api/v1/instances", &next)),
        router: list.router.map(Into::into),
    }))
}

/// One instance.
#[utoipa::path(get, path = "/api/v1/services/{name}/instances/{instance}", tag = "registry",
    params(
        ("name" = String, Path, description = "The name of its service.", example = "toy"),
        ("instance" = String, Path, description = "Its id.", example = "toy-1"),
    ),
    responses(
        (status = 200, description = "The instance", body = Instance),
        (status = 404, description = "No such service or instance", body = Detail),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn instance(
    State(api): State<Arc<Api>>,
    names: Captured<(String, String)>,
    uri: Uri,
) -> Result<Json<Instance>, Problem> {
    query::none(&uri)?;
    let Path((name, id)) = names.map_err(|_| no_text())?;
    let none = || Problem::not_found(format!("no instance `{id}` of `{name}`"));
    ServiceName::check(&name).map_err(|_| none())?;
    InstanceId::check(&id).map_err(|_| none())?;
    let ask = async |client: &aegis_client::Client| client.instance(&name, &id).await;
    let found = api.asking.ask(ask).await?;
    found.map(|entry| Json(entry.into())).ok_or_else(none)
}

/// A name that a service could have.
pub(super) fn service_name(captured: Captured<String>) -> Result<String, Problem> {
    let Path(name) = captured.map_err(|_| no_text())?;
    ServiceName::check(&name).map_err(|_| no_service(&name))?;
    Ok(name)
}

pub(super) fn no_service(name: &str) -> Problem {
    Problem::not_found(format!("no service `{name}`"))
}

fn no_text() -> Problem {
    Problem::not_found("nothing has a name that is not UTF-8".to_owned())
}
