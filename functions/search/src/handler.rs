//! Serves the routes.

use std::sync::Arc;

use graphnode_http::{boundary, lambda, search};

use crate::context::{self, Config, encoder};

/// Serves this function's requests until it is stopped.
///
/// # Errors
/// What the runtime's API says.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let (config, encoder) = (&config, &encoder(&config));
    // Loading begins now, beside the first request for an event, and whoever searches first waits for the rest of it. A
    // failure is not remembered here: the search that needs the model says it.
    let loading = Arc::clone(encoder);
    tokio::task::spawn_blocking(move || loading.get().map(drop));
    let connect = || -> lambda::Connecting<'_> {
        Box::pin(async {
            let searcher = context::connect(config, Arc::clone(encoder)).await?;
            Ok(boundary::around(search::router(searcher), lambda::identify))
        })
    };
    lambda::serve(&connect).await.map_err(anyhow::Error::from_boxed)
}
