//! Serves the routes.

use std::sync::Arc;

use graphnode_http::{api, boundary, lambda};

use crate::context::{Config, connect};

/// Serves this function's requests until it is stopped.
///
/// # Errors
/// What the runtime's API says.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let config = &config;
    let router = || async {
        let api = connect(config).await?;
        anyhow::Ok(boundary::around(api::router(Arc::new(api)), lambda::identify))
    };
    lambda::serve(router).await.map_err(anyhow::Error::from_boxed)
}
