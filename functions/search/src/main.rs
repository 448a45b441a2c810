//! Starts the search: configuration, runtime, the model beside it, and with the first request the clients.

use graphnode_core::config::Environment;
use graphnode_logging::start_logging;
use graphnode_search::context::Config;
use graphnode_search::handler;

// One thread waits; what computes and what reads files has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start_logging(&Environment::process());
    let config = Config::from_environment(&Environment::process())?;
    handler::serve(config).await
}
