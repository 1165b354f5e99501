//! `toy-service`: one instance of the demo's service. It uses what every service uses, the public SDK.

use std::time::Duration;

use aegis_client::{Client, Context, HandlerError, Safety, Service};
use serde::{Deserialize, Serialize};

use super::connect::runtime;
use super::demo::CHARGED;
use crate::args::demo::ToyServiceArgs;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

/// Whoever starts a toy service starts a router first.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Name of the service.
pub(crate) const SERVICE: &str = "toy";
/// Its method that may run twice without harm.
pub(crate) const QUOTE: &str = "quote";
/// Its method that must not.
pub(crate) const CHARGE: &str = "charge";

/// What both methods take.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The caller's number for it.
    pub(crate) id: u64,
}

/// What both methods give.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// The number of the work.
    pub(crate) id: u64,
    /// Who did it.
    pub(crate) instance: String,
    /// On which attempt of the call, from 1.
    pub(crate) attempt: u32,
}

/// Serves until it is asked to stop, and then leaves without losing a call.
pub(super) fn run(args: &ToyServiceArgs, printer: &Printer) -> Outcome {
    let stop = Stop::of_a_program(args.until_stdin_closes)?;
    let stopped = stop
        .future()
        .map_err(Failure::system("cannot wait for signals"))?;
    runtime()?.block_on(async {
        let client = Client::builder()
            .name(&args.instance)
            .subject_prefix(&args.prefix)
            .connect_timeout(CONNECT_TIMEOUT)
            .connect(&args.server)
            .await?;
        let serving = client.serve(service(args, printer)).await?;
        Serving {
            instance: serving.instance_id(),
            pid: std::process::id(),
        }
        .announce(printer)?;
        stopped.await;
        // In order: it says that it drains, and ends with its last call answered.
        serving.drain().await;
        client.close().await;
        Ok(())
    })
}

fn service(args: &ToyServiceArgs, printer: &Printer) -> Service {
    let work = args.work;
    let printer = printer.clone();
    Service::new(SERVICE)
        .instance_id(&args.instance)
        .heartbeat_interval(args.heartbeat_interval)
        .method(QUOTE, Safety::Idempotent, move |context, params| {
            handle(context, params, work)
        })
        .method(CHARGE, Safety::AtMostOnce, move |context, params: Work| {
            // The start is on record before the work begins. Nobody may be listening: then there is
            // nothing to record.
            let _ = printer.line(&format!("{CHARGED}{}", params.id));
            handle(context, params, work)
        })
}

async fn handle(context: Context, params: Work, work: Duration) -> Result<Receipt, HandlerError> {
    tokio::time::sleep(work).await;
    Ok(Receipt {
        id: params.id,
        instance: context.instance().to_owned(),
        attempt: context.attempt(),
    })
}

/// What it says once it is registered.
#[derive(Debug, Serialize)]
struct Serving<'a> {
    instance: &'a str,
    pid: u32,
}

impl Serving<'_> {
    fn announce(&self, printer: &Printer) -> Outcome {
        Ok(printer.announce(self, &format!("serving {SERVICE} as {}", self.instance))?)
    }
}
