//! The function `graphnode-worker`: reads its environment, then serves invocations.

use graphnode_core::config::Environment;
use graphnode_logging::start_logging;
use graphnode_worker::context::Context;
use graphnode_worker::handler;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

// One thread for waiting: what computes has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start_logging(&Environment::process());
    let context = Context::from_environment(&Environment::process())?;
    let context = &context;
    // On the heap: the futures of a whole job are too deep for the compiler to lay out in one piece.
    let serve = |event: LambdaEvent<Value>| Box::pin(handler::invoke(context, event));
    lambda_runtime::run(service_fn(serve)).await.map_err(anyhow::Error::from_boxed)
}
