//! The same routes on S3, SQS, ECS and Chroma, as the environment names them.

use graphnode_cloud::{Cloud, Config, connect};
use graphnode_core::config::Environment;
use graphnode_http::api::Api;

use crate::failure::Failure;

/// The ports of the cloud; yields the bucket's name with them.
pub(super) async fn open() -> Result<(Api<Cloud>, String), Failure> {
    let config = Config::from_environment(&Environment::process())?;
    let api = connect(&config).await.map_err(|error| Failure::Cloud(format!("{error:#}")))?;
    Ok((api, config.bucket.to_string()))
}
