//! What all AWS clients share: one configuration, one HTTP client, one reading of errors.

use std::error::Error;
use std::fmt;
use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use graphnode_core::config::{ConfigError, Environment};
use graphnode_core::error::with_sources;
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

/// A server that does not even answer a handshake by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longer than the longest wait for a message, and enough for a part of an upload.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// With all tries: well within a function's deadline.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(150);
const ATTEMPTS: u32 = 4;
/// AWS's own names.
const REGION: &str = "AWS_REGION";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// The SDK's own second makes a lost packet cost more than a job.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// The configuration of this process: region, credentials and endpoint from where every AWS tool takes them.
///
/// Load it once: all clients made from it share its connections.
///
/// # Errors
/// [`ConfigError::Missing`] without a region: there is no default one.
pub async fn load() -> Result<SdkConfig, ConfigError> {
    load_with(aws_config::defaults(BehaviorVersion::latest())).await
}

/// As [`load`], with some of it given.
///
/// # Errors
/// As [`load`].
pub async fn load_with(loader: ConfigLoader) -> Result<SdkConfig, ConfigError> {
    let config =
        loader.http_client(http_client()).timeout_config(timeouts()).retry_config(retries()).load().await;
    if config.region().is_none() { Err(ConfigError::Missing(REGION)) } else { Ok(config) }
}

/// The configuration of a function: region, endpoint and credentials are where Lambda puts them, in its variables. That
/// there are other places is not even linked: profiles, roles to assume and instance metadata are half a megabyte.
///
/// # Errors
/// [`ConfigError`] without a region.
pub fn of_function(environment: &Environment<'_>) -> Result<SdkConfig, ConfigError> {
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required::<String>(REGION)?))
        .credentials_provider(credentials)
        .http_client(http_client())
        .timeout_config(timeouts())
        .retry_config(retries());
    config.set_endpoint_url(environment.optional(ENDPOINT)?);
    Ok(config.build())
}

/// Asks for the credentials that calls will be made with: whoever has none is told so here, and not by the first call, whose
/// error says less.
///
/// # Errors
/// [`PortErrorKind::Denied`] without any.
pub async fn check_credentials(config: &SdkConfig) -> PortResult<()> {
    let denied = || PortError::new(PortErrorKind::Denied, "find credentials for AWS");
    let provider = config.credentials_provider().ok_or_else(denied)?;
    provider.provide_credentials().await.map(drop).map_err(|error| denied().with_source(error))
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF)
}

/// What a service answered, without headers, bodies or credentials: they must not reach a log.
#[derive(Debug)]
pub(crate) struct ServiceFailure {
    /// The service's code, such as `NoSuchKey`.
    pub(crate) code: Option<String>,
    /// The service's sentence.
    pub(crate) message: Option<String>,
    /// The HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
    /// What happened where there was none.
    chain: String,
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, &self.code) {
            (Some(status), code) => {
                let message = self.message.as_deref().unwrap_or_default();
                write!(formatter, "{status} {} {message}", code.as_deref().unwrap_or_default())
            }
            (None, _) => formatter.write_str(&self.chain),
        }
    }
}

impl Error for ServiceFailure {}

impl ServiceFailure {
    /// What is left of an SDK's error.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let answered = matches!(error, SdkError::ServiceError(_));
        Self {
            code: error.code().map(str::to_owned),
            message: error.message().map(str::to_owned),
            status: error.raw_response().filter(|_| answered).map(|response| response.status().as_u16()),
            chain: with_sources(error),
        }
    }

    /// What it means.
    pub(crate) fn kind(&self) -> PortErrorKind {
        let code = self.code.as_deref().unwrap_or_default();
        let throttled = ["Throttl", "SlowDown", "TooManyRequests", "RequestLimitExceeded", "OverLimit"];
        match self.status {
            None => PortErrorKind::Unavailable,
            Some(_) if throttled.iter().any(|word| code.contains(word)) => PortErrorKind::RateLimited,
            Some(_) if matches!(code, "RequestTimeout" | "InternalError") => PortErrorKind::Unavailable,
            Some(_) if code.contains("AccessDenied") || code.contains("ExpiredToken") => {
                PortErrorKind::Denied
            }
            Some(_) if code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist") => {
                PortErrorKind::NotFound
            }
            Some(_) if code.contains("ConflictException") => PortErrorKind::Conflict,
            Some(401 | 403) => PortErrorKind::Denied,
            Some(404) => PortErrorKind::NotFound,
            Some(409 | 412) => PortErrorKind::Conflict,
            Some(429 | 503) => PortErrorKind::RateLimited,
            Some(500..) => PortErrorKind::Unavailable,
            Some(_) => PortErrorKind::Invalid,
        }
    }
}

/// An SDK's error as the port has it.
pub(crate) fn port_error<E>(attempted: impl Into<String>, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failure = ServiceFailure::of(error);
    // A request that could not even be built will not be built the next time either.
    let kind = match error {
        SdkError::ConstructionFailure(_) => PortErrorKind::Invalid,
        _ => failure.kind(),
    };
    PortError::new(kind, attempted).with_source(failure)
}
