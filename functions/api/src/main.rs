//! Starts the API: configuration, runtime, and with the first request the clients.

use graphnode_api::context::Config;
use graphnode_api::handler;
use graphnode_core::config::Environment;
use graphnode_logging::start_logging;

// One thread drives everything: a function has one request at a time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start_logging(&Environment::process());
    let config = Config::from_environment(&Environment::process())?;
    handler::serve(config).await
}
