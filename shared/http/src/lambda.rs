//! Between API Gateway and a router: the caller from the authorizer's claims, the correlation id from the gateway.

use std::future::Future;

use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use axum::{Router, body::Body};
use graphnode_core::ids::UserId;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use tower::ServiceExt;

use crate::boundary::CORRELATION_ID;

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

/// Serves the invocations of this function with the router that `connect` makes at the first of them: a client of AWS
/// reads the system's certificates, which takes longer than everything else before it.
///
/// # Errors
/// What the runtime's API says.
pub async fn serve<F, R>(connect: F) -> Result<(), lambda_http::Error>
where
    F: Fn() -> R + Send + Sync,
    R: Future<Output = Result<Router, lambda_http::Error>> + Send,
{
    let router = tokio::sync::OnceCell::new();
    let (router, connect) = (&router, &connect);
    lambda_http::run(lambda_http::service_fn(|request: Request| async move {
        let router: &Router = router.get_or_try_init(connect).await?;
        answer(router.clone(), request).await
    }))
    .await
}

async fn answer(router: Router, request: Request) -> Result<Response<Body>, lambda_http::Error> {
    let own_id = request.lambda_context_ref().map(|context| context.request_id.clone());
    let mut request = request.map(|body| match body {
        lambda_http::Body::Empty => Body::empty(),
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    if let Some(value) = own_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        request.headers_mut().entry(CORRELATION_ID).or_insert(value);
    }
    match router.oneshot(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
