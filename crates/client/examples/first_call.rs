//! A first call, to the service of `first_service`.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use aegis_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::connect("nats://127.0.0.1:4222").await?;
    let greeting: String = client.call_with_failover("greeter", "greet", "Ada").await?;
    println!("{greeting}");
    Ok(())
}
