//! Serves the routes.

use graphnode_http::lambda;

use crate::context::{Config, router};

/// Serves this function's requests until it is stopped.
///
/// # Errors
/// What the runtime's API says.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let connect = || -> lambda::Connecting<'_> {
        Box::pin(async { router(&config, lambda::identify).await.map_err(Into::into) })
    };
    lambda::serve(&connect).await.map_err(anyhow::Error::from_boxed)
}
