//! `service watch`: the present state, then every change.

mod line;

use aegis_client::{Client, WatchEvent};

use self::line::Line;
use super::connect::{client, runtime, within};
use crate::args::inspect::ServiceWatchArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

/// Follows until it is asked to stop, or nobody reads its output.
pub(super) fn run(args: &ServiceWatchArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let stop = Stop::of_a_program(false)?;
    let stopped = stop
        .future()
        .map_err(Failure::system("cannot wait for signals"))?;
    runtime()?.block_on(async {
        tokio::select! {
            ended = follow(args.service.as_deref(), settings, printer) => ended,
            _ = stopped => Ok(()),
        }
    })
}

async fn follow(service: Option<&str>, settings: &Settings, printer: &Printer) -> Outcome {
    let client = client(settings).await?;
    let mut watch = client
        .watch(service)
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    // A watch waits for a router as long as it takes. Who starts one wants to be told that there is
    // none.
    within(settings, async { Ok(client.router().await?) }).await?;
    while let Some(event) = watch.next().await {
        tell(event, &client, printer).await?;
    }
    Ok(())
}

async fn tell(event: WatchEvent, client: &Client, printer: &Printer) -> Outcome {
    let line = match event {
        WatchEvent::Listed(instances) => {
            let count = instances.len();
            for instance in instances {
                say(&Line::Present(Box::new(instance)), printer)?;
            }
            Line::Listed {
                instances: count,
                // It may be gone again.
                router: client.router().await.ok().flatten(),
            }
        }
        WatchEvent::InstanceChanged(change) => Line::from(change),
        WatchEvent::RouterChanged(change) => Line::from(change),
        WatchEvent::Gap(gap) => Line::from(gap),
    };
    say(&line, printer)
}

fn say(line: &Line, printer: &Printer) -> Outcome {
    Ok(printer.event(line, &line.text())?)
}
