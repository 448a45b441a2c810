//! Starts the indexer: configuration, runtime, and with the first event the clients.

use std::sync::Arc;

use graphnode_core::config::Environment;
use graphnode_indexer::context::{Config, Context};
use graphnode_indexer::error::HandlerError;
use graphnode_indexer::handler;
use graphnode_logging::start_logging;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::OnceCell;

// One thread drives everything: a function has one event at a time, and parsing has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start_logging(&Environment::process());
    let config = Config::from_env(&Environment::process())?;
    // The clients are made when the first event is there: each reads the system's certificates, which takes longer
    // than everything else up to the first request for an event.
    let context = Arc::new(OnceCell::new());
    let run = lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let (context, config) = (Arc::clone(&context), config.clone());
        async move {
            let made = context.get_or_try_init(|| Context::connect(config)).await;
            handler::handle(made.map_err(HandlerError::clients)?, &event.payload).await
        }
    }));
    run.await.map_err(anyhow::Error::from_boxed)
}
