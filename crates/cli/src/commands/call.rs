//! `call`: one method, params as JSON, the result as JSON.

use std::io::{self, Read};
use std::time::Duration;

use aegis_client::Client;
use aegis_types::RetryWish;
use anyhow::Context as _;
use serde_json::Value;

use super::connect::with_client;
use crate::args::call::CallArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::json_value::JsonValue;
use crate::printer::Printer;

/// Calls, and prints each result as it comes; stops at the first call that fails.
pub(super) fn run(args: &CallArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let params = params(&args.params)?;
    with_client(settings, async |client| {
        for _ in 0..args.count {
            let result = one_call(&client, args, settings.timeout.value, &params).await?;
            printer.value(&result)?;
        }
        Ok(())
    })
}

async fn one_call(
    client: &Client,
    args: &CallArgs,
    timeout: Duration,
    params: &Value,
) -> Outcome<Value> {
    let wish = if args.failover {
        RetryWish::Failed
    } else {
        RetryWish::default()
    };
    let JsonValue(result) = client
        .request(&args.service, &args.method)
        .timeout(timeout)
        .retry(wish)
        .send(params)
        .await?;
    Ok(result)
}

fn params(argument: &str) -> Outcome<Value> {
    let from_stdin = argument == "-";
    let text = if from_stdin {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(Failure::system("cannot read the params from stdin"))?;
        text
    } else {
        argument.to_owned()
    };
    serde_json::from_str(&text)
        .context("the params are not JSON")
        .map_err(|cause| {
            let failure = Failure::new(ExitCode::Usage, cause);
            if from_stdin {
                failure
            } else {
                failure.hint("quote them for the shell: '{\"order\": 7}'")
            }
        })
}
