//! The OpenAPI 3.1 document. It is made from handlers and types by the test below and kept beside this crate, so that no
//! function makes it at run time.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The document.
pub const DOCUMENT: &str = include_str!("../../openapi.json");

/// The document, without login.
pub(super) async fn document() -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
    ([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, AN_HOUR)], DOCUMENT).into_response()
}

// Only with all features there is all to document.
#[cfg(all(test, feature = "search"))]
mod tests {
    use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
    use utoipa::{Modify, OpenApi};

    use crate::search;

    use crate::problem::documented::GatewayMessage;
    use crate::problem::{FieldProblem, ProblemBody};

    use super::super::{enqueue, erase, health, results, summarise, tasks, uploads};
    use super::DOCUMENT;

    /// Everything the routers serve.
    #[derive(OpenApi)]
    #[openapi(
        info(title = "GraphNode", description = "From a chat history to a knowledge graph: build, follow, read, search."),
        paths(
            enqueue::enqueue, uploads::announce, uploads::complete, tasks::list, tasks::show, tasks::remove,
            results::graph_of_task, results::summary_of_task, results::features_of_task, results::view_of_task,
            results::report_of_task, results::newest_graph, results::newest_summary, summarise::summarise,
            erase::erase, search::by_body, search::by_parameters, health::health, document,
        ),
        components(schemas(ProblemBody<'static>, FieldProblem, GatewayMessage)),
        modifiers(&Login),
        security(("login" = [])),
    )]
    struct Document;

    /// The OpenAPI document itself, which is also this answer.
    #[utoipa::path(get, path = "/v1/graph-ai/openapi.json", tag = "service", security(()),
        responses((status = 200, description = "This document", content_type = "application/json")))]
    #[expect(dead_code, reason = "describes the handler above for the document")]
    fn document() {}

    struct Login;

    impl Modify for Login {
        fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
            let components = document.components.get_or_insert_default();
            components.add_security_scheme("login", SecurityScheme::Http(bearer));
        }
    }

    fn made() -> String {
        Document::openapi().to_pretty_json().expect("a document is JSON") + "\n"
    }

    #[test]
    fn the_document_is_that_of_the_code() {
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
            std::fs::write(path, made()).unwrap();
        } else {
            assert!(
                made() == DOCUMENT,
                "UPDATE_OPENAPI=1 cargo test --package graphnode-http writes it anew"
            );
        }
    }

    #[test]
    fn every_operation_tells_of_problems_and_needs_a_login_unless_it_says_so() {
        let document: serde_json::Value = serde_json::from_str(&made()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let open = operation["security"] == serde_json::json!([{}]);
                assert_eq!(
                    open,
                    path.ends_with("/health") || path.ends_with("/openapi.json"),
                    "{method} {path}"
                );
                assert_eq!(operation["responses"]["401"].is_object(), !open, "{method} {path}");
            }
        }
    }
}
