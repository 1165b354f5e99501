//! A client for a command that asks something.

use std::future::Future;

use aegis_client::Client;

use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Connects and asks, on a runtime of its own.
pub(super) fn with_client<F, T>(settings: &Settings, ask: impl FnOnce(Client) -> F) -> Outcome<T>
where
    F: Future<Output = Outcome<T>>,
{
    runtime()?.block_on(async {
        let client = client(settings).await?;
        let answer = ask(client.clone()).await?;
        client.close().await;
        Ok(answer)
    })
}

/// Connects.
pub(super) async fn client(settings: &Settings) -> Outcome<Client> {
    let options = settings.connect_options();
    let mut builder = Client::builder()
        .auth(options.auth)
        .learn_servers(options.learns_servers);
    if let Some(tls) = options.tls {
        builder = builder.tls(tls);
    }
    let client = builder
        .name("aegis cli")
        .subject_prefix(&settings.prefix.value)
        .connect_timeout(settings.timeout.value)
        .call_timeout(settings.timeout.value)
        .connect(&settings.server.value.connectable())
        .await?;
    Ok(client)
}

/// Bounds a question that has no timeout of its own.
pub(super) async fn within<T>(
    settings: &Settings,
    answer: impl Future<Output = Outcome<T>>,
) -> Outcome<T> {
    let timeout = settings.timeout.value;
    tokio::time::timeout(timeout, answer)
        .await
        .unwrap_or_else(|_| {
            let cause = anyhow::anyhow!("no answer within {timeout:?}");
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
