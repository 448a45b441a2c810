//! Between API Gateway and a router: the caller from the authorizer's claims, the correlation id from the gateway.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::any;
use graphnode_core::error::with_sources;
use graphnode_core::ids::UserId;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use tokio::sync::OnceCell;
use tower::ServiceExt;

use crate::boundary::{self, CORRELATION_ID};
use crate::problem::Problem;

/// The claim `sub` of the JWT authorizer; `None` where it is missing or no [`UserId`].
#[must_use]
pub fn identify(parts: &Parts) -> Option<UserId> {
    match parts.extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => {
            let authorizer = context.authorizer.as_ref()?;
            authorizer.jwt.as_ref()?.claims.get("sub")?.parse().ok()
        }
        _ => None,
    }
}

/// A router that is being made.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Router, lambda_http::Error>> + Send + 'a>>;

/// Serves the invocations of this function with the router that `connect` makes at the first of them: a client of AWS
/// reads the system's certificates, which takes longer than everything else before it. Where it cannot be made, every
/// request is answered so, and the log says why.
///
/// # Errors
/// What the runtime's API says.
pub async fn serve<'a>(
    connect: &(dyn Fn() -> Connecting<'a> + Send + Sync),
) -> Result<(), lambda_http::Error> {
    let router = OnceCell::new();
    let router = &router;
    lambda_http::run(lambda_http::service_fn(|request: Request| async move {
        let router: Router = match router.get_or_try_init(connect).await {
            Ok(router) => Router::clone(router),
            Err(error) => {
                tracing::error!(error = with_sources(error.as_ref()), "clients not made");
                unconnected()
            }
        };
        Ok::<_, lambda_http::Error>(answer(router, request).await)
    }))
    .await
}

/// Answers whatever is asked with a mistake of ours.
fn unconnected() -> Router {
    #[derive(Debug, thiserror::Error)]
    #[error("the clients could not be made")]
    struct Unconnected;
    let refuse = async || Problem::ours(Unconnected);
    boundary::around(Router::new().route("/", any(refuse)).route("/{*path}", any(refuse)), identify)
}

async fn answer(router: Router, request: Request) -> Response<Body> {
    let own_id = request.lambda_context_ref().map(|context| context.request_id.clone());
    let mut request = request.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    if let Some(value) = own_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        request.headers_mut().entry(CORRELATION_ID).or_insert(value);
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
