//! Starts the indexer: configuration, clients, runtime.

use std::sync::Arc;

use graphnode_core::config::Environment;
use graphnode_indexer::context::{self, Config, Context};
use graphnode_indexer::handler;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

// One thread drives everything: a function has one event at a time, and parsing has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    context::start_logging(&Environment::process());
    let config = Config::from_env(&Environment::process())?;
    let context = Arc::new(Context::connect(config).await?);
    let run = lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let context = Arc::clone(&context);
        async move { handler::handle(&context, &event.payload).await }
    }));
    run.await.map_err(anyhow::Error::from_boxed)
}
