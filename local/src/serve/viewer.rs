//! The page at the root: where exports are dropped, and the map of every graph.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use graphnode_http::PREFIX;
use graphnode_viewer::{Setup, served_page};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The page changes with the program, and is asked for again with it.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

/// `/` is the page. It uploads to this server only: where the data lies in the cloud it shows what is there.
pub(super) fn router(takes_uploads: bool) -> Router {
    let page = served_page(Setup { api: PREFIX, takes_uploads });
    Router::new().route("/", get(async move || answer(page.html, &page.policy)))
}

fn answer(html: String, policy: &str) -> Response {
    let mut answer = Response::new(html.into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::CACHE_CONTROL, FRESH);
    // It is made of constants and hashes; without it nobody shall have the page.
    match HeaderValue::from_str(policy) {
        Ok(policy) => headers.insert(header::CONTENT_SECURITY_POLICY, policy),
        Err(_) => return Response::new("the page's policy is no header".into()),
    };
    answer
}
