//! The page `/about`: what this server is and what it answers, for those who write programs.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use graphnode_http::PREFIX;
use graphnode_http::api::openapi;
use serde_json::Value;

/// The page, with a place for each of what only the running server knows.
const TEMPLATE: &str = include_str!("about.html");
/// It asks for nothing and runs nothing.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// Where the data lies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// In a folder of this machine.
    Folder(&'a str),
    /// In a bucket; the worker runs elsewhere.
    Bucket(&'a str),
}

/// The page.
pub(super) fn router(address: &str, place: Place<'_>) -> Router {
    let page = page(address, place);
    Router::new().route(
        "/about",
        get(async move || ([(header::CONTENT_TYPE, HTML), (header::CONTENT_SECURITY_POLICY, POLICY)], page)),
    )
}

impl Place<'_> {
    /// Where everything is, as a sentence of the page.
    fn told(self, address: &str) -> String {
        match self {
            Self::Folder(path) => format!(
                "Everything lies in <code>{}</code> and stays there. <code>curl -X DELETE {address}{PREFIX}</code> erases it.",
                escaped(path)
            ),
            Self::Bucket(name) => format!(
                "Everything lies in the bucket <code>{}</code>; jobs are run and indexed by the functions and tasks there.",
                escaped(name)
            ),
        }
    }

    /// How to send an upload that was announced.
    fn sending(self, address: &str) -> String {
        match self {
            Self::Folder(_) => {
                format!("curl -T export.zip {address}{PREFIX}/uploads/<i>uploadId of the answer</i>/content")
            }
            Self::Bucket(_) => "curl -T export.zip -H 'Content-Type: application/zip' \
  '<i>requests[0].url of the answer</i>'"
                .to_owned(),
        }
    }

    /// The route that is served here beside those of the API.
    fn own_route(self) -> Option<Route<'static>> {
        matches!(self, Self::Folder(_)).then(|| Route {
            method: "PUT".to_owned(),
            path: "/v1/graph-ai/uploads/{uploadId}/content",
            summary: "Takes what was announced, all of its bytes.",
        })
    }
}

fn page(address: &str, place: Place<'_>) -> String {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap_or_default();
    let rows: String = documented(&document).chain(place.own_route()).map(|route| route.row()).collect();
    TEMPLATE
        .replace("{{ADDRESS}}", address)
        .replace("{{SEND}}", &place.sending(address))
        .replace("{{ROUTES}}", &rows)
        .replace("{{PLACE}}", &place.told(address))
}

/// A route as the page lists it.
#[derive(Debug)]
struct Route<'a> {
    method: String,
    path: &'a str,
    summary: &'a str,
}

impl Route<'_> {
    fn row(&self) -> String {
        let (path, summary) = (escaped(self.path), escaped(self.summary));
        format!("<tr><td>{}</td><td><code>{path}</code></td><td>{summary}</td></tr>\n", self.method)
    }
}

/// The routes of the document that the API has of itself.
fn documented(document: &Value) -> impl Iterator<Item = Route<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| Route {
            method: method.to_uppercase(),
            path,
            summary: operation["summary"].as_str().unwrap_or_default(),
        })
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_every_route_and_where_the_data_lies() {
        let address = "http://127.0.0.1:7878";
        let own = "<code>/v1/graph-ai/uploads/{uploadId}/content</code>";
        let here = page(address, Place::Folder("/home/<b>&/data"));
        assert!(here.contains("<code>/home/&lt;b&gt;&amp;/data</code>") && here.contains(own));
        let there = page(address, Place::Bucket("graphnode-own"));
        assert!(there.contains("<code>graphnode-own</code>") && !there.contains(own));
        for page in [here, there] {
            assert!(page.contains("<td>DELETE</td><td><code>/v1/graph-ai/tasks/{taskId}</code></td>"));
            assert!(page.contains("curl http://127.0.0.1:7878/v1/graph-ai/uploads") && !page.contains("{{"));
        }
    }
}
