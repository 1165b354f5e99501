//! A first service. Start a router (`aegis router`), then this, then `first_call`.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use aegis_client::{Client, Context, HandlerError, Safety, Service};

async fn greet(context: Context, name: String) -> Result<String, HandlerError> {
    Ok(format!("Hello {name}, this is {}", context.instance()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::connect("nats://127.0.0.1:4222").await?;
    let service = Service::new("greeter").method("greet", Safety::Idempotent, greet);
    let serving = client.serve(service).await?;
    println!("{} is ready", serving.instance_id());
    println!("stopped: {}", serving.stopped().await);
    Ok(())
}
