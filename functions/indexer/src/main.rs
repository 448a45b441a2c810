//! Starts the indexer: configuration, runtime, and with the first event the clients.

use std::sync::Arc;
use std::time::Duration;

use graphnode_core::clock::{Clock, SystemClock, time_left};
use graphnode_core::config::Environment;
use graphnode_indexer::context::{Config, Context};
use graphnode_indexer::error::HandlerError;
use graphnode_indexer::handler;
use graphnode_logging::start_logging;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::OnceCell;

/// What an invocation keeps for its answer: one that runs into its limit is killed, and its environment with it.
const LAST_MOMENT: Duration = Duration::from_secs(1);

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
            let work = handler::handle(made.map_err(HandlerError::clients)?, &event.payload);
            let left =
                time_left(event.context.deadline, SystemClock::default().now()).saturating_sub(LAST_MOMENT);
            tokio::time::timeout(left, work).await.unwrap_or(Err(HandlerError::OutOfTime))
        }
    }));
    run.await.map_err(anyhow::Error::from_boxed)
}
