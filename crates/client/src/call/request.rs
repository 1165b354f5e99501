use std::time::Duration;

use aegis_types::RetryWish;
use aegis_types::limits::{DEFAULT_MAX_INSTANCES, MAX_CALL_TIMEOUT, MAX_INSTANCES_PER_CALL};
use aegis_types::{InstanceId, MethodName, NameError, ServiceName};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::origin::Origin;
use super::perform::perform;
use crate::{CallError, Client, Context, FailedCall, value};

/// A call with settings of its own. Made by [`Client::request`].
///
/// ```no_run
/// # async fn example(client: aegis_client::Client) -> Result<(), aegis_client::CallError> {
/// use std::time::Duration;
/// use aegis_client::RetryWish;
///
/// let doubled: i64 = client
///     .request("calculator", "double")
///     .timeout(Duration::from_millis(300))
///     .retry(RetryWish::Unknown)
///     .max_instances(2)
///     .send(&21)
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    pub(super) client: &'a Client,
    pub(super) service: &'a str,
    pub(super) method: &'a str,
    pub(super) timeout: Duration,
    pub(super) retry: RetryWish,
    pub(super) max_instances: u8,
    pub(super) excluded: Vec<&'a str>,
    pub(super) trace_id: Option<&'a str>,
    pub(super) within: Option<&'a Context>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(client: &'a Client, service: &'a str, method: &'a str) -> Request<'a> {
        Request {
            client,
            service,
            method,
            timeout: client.core.call_timeout,
            retry: RetryWish::Proof,
            max_instances: DEFAULT_MAX_INSTANCES,
            excluded: Vec::new(),
            trace_id: None,
            within: None,
        }
    }

    /// How long to wait for the result, retries included; at most 300 s.
    pub const fn timeout(mut self, timeout: Duration) -> Request<'a> {
        self.timeout = timeout;
        self
    }

    /// What may be sent again, beyond what is proven not to have run.
    pub const fn retry(mut self, wish: RetryWish) -> Request<'a> {
        self.retry = wish;
        self
    }

    /// Instances that may run it, at most; default 3, from 1 to 16. Instances proven not to have
    /// run it do not count.
    pub const fn max_instances(mut self, instances: u8) -> Request<'a> {
        self.max_instances = instances;
        self
    }

    /// Ids of instances it must not go to.
    pub fn exclude(mut self, instances: impl IntoIterator<Item = &'a str>) -> Request<'a> {
        self.excluded.extend(instances);
        self
    }

    /// Makes this call a part of the one that `context` is of: it ends with that one's deadline at
    /// the latest, and belongs to its trace. What a handler calls itself is so anyway; this is for
    /// the tasks it spawns.
    pub const fn within(mut self, context: &'a Context) -> Request<'a> {
        self.within = Some(context);
        self
    }

    /// Continues a trace; by default a call belongs to the trace of the call being handled, or
    /// begins its own.
    pub const fn trace_id(mut self, trace_id: &'a str) -> Request<'a> {
        self.trace_id = Some(trace_id);
        self
    }

    /// Encodes `params`, sends the call and decodes the result.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn send<P, R>(self, params: &P) -> Result<R, CallError>
    where
        P: Serialize + ?Sized,
        R: DeserializeOwned,
    {
        let params = value::encode(params).map_err(|reason| CallError::InvalidParams {
            call: self.not_sent(),
            reason,
        })?;
        let origin = Origin::new(self.within);
        let result = self.checked(&params, &origin).await?;
        value::decode(&result).map_err(|reason| {
            let error = CallError::InvalidReply {
                call: Box::new(FailedCall {
                    trace_id: origin.trace_id(self.trace_id).to_owned(),
                    message_id: origin.message_id().to_owned(),
                    ..*self.not_sent()
                }),
                reason,
            };
            self.client.core.lines.call_failed(&error);
            error
        })
    }

    /// Sends one MessagePack value as params and gives the result as it came.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn send_raw(self, params: &[u8]) -> Result<Bytes, CallError> {
        self.checked(params, &Origin::new(self.within)).await
    }

    async fn checked(&self, params: &[u8], origin: &Origin) -> Result<Bytes, CallError> {
        self.check()?;
        let (result, took) = perform(self, params, origin).await;
        let service = self.service.trim();
        self.client.core.calls.note(service, &result, took);
        result
    }

    fn check(&self) -> Result<(), CallError> {
        let name = |argument, checked: Result<&str, NameError>| {
            checked
                .map(|_| ())
                .map_err(|error| self.refuse(argument, error.to_string()))
        };
        name("service", ServiceName::check(self.service))?;
        name("method", MethodName::check(self.method))?;
        for instance in &self.excluded {
            name("exclude", InstanceId::check(instance))?;
        }
        if self.timeout.is_zero() || self.timeout > MAX_CALL_TIMEOUT {
            let rule = format!(
                "must be above 0 and at most {} s",
                MAX_CALL_TIMEOUT.as_secs()
            );
            return Err(self.refuse("timeout", rule));
        }
        if !(1..=MAX_INSTANCES_PER_CALL).contains(&self.max_instances) {
            let rule = format!("must be from 1 to {MAX_INSTANCES_PER_CALL}");
            return Err(self.refuse("max_instances", rule));
        }
        Ok(())
    }

    fn refuse(&self, argument: &'static str, rule: String) -> CallError {
        CallError::InvalidArgument {
            call: self.not_sent(),
            argument,
            rule,
        }
    }

    fn not_sent(&self) -> Box<FailedCall> {
        Box::new(FailedCall {
            service: self.service.to_owned(),
            method: self.method.to_owned(),
            ..FailedCall::default()
        })
    }
}
