//! A client for a command that asks something.

use std::future::Future;

use aegis_client::Client;

use crate::args::connect::ConnectArgs;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::settings;

/// Connects and asks, on a runtime of its own.
pub(super) fn with_client<F, T>(args: &ConnectArgs, ask: impl FnOnce(Client) -> F) -> Outcome<T>
where
    F: Future<Output = Outcome<T>>,
{
    runtime()?.block_on(async {
        let client = Client::builder()
            .name("aegis cli")
            .subject_prefix(&args.prefix.prefix)
            .connect_timeout(args.timeout)
            .call_timeout(args.timeout)
            .connect(&settings::server(args.server.as_deref()))
            .await?;
        let answer = ask(client.clone()).await?;
        client.close().await;
        Ok(answer)
    })
}

/// Bounds a question that has no timeout of its own.
pub(super) async fn within<T>(
    args: &ConnectArgs,
    answer: impl Future<Output = Outcome<T>>,
) -> Outcome<T> {
    tokio::time::timeout(args.timeout, answer)
        .await
        .unwrap_or_else(|_| {
            let cause = anyhow::anyhow!("no answer within {:?}", args.timeout);
            Err(Failure::new(ExitCode::NotRun, cause).hint("give it longer with --timeout"))
        })
}

/// One thread is plenty for a command line.
pub(super) fn runtime() -> Outcome<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::system("cannot start the async runtime"))
}
