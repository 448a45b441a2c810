//! Who may ask a server that has no login: programs of this machine, and pages that it served itself.
//!
//! Any page in the person's browser can send requests to a port of their machine. Two rules keep it from doing harm:
//! - the `Host` must be a name of this machine. A foreign page whose own name was pointed at 127.0.0.1 (DNS rebinding)
//!   would be of the same origin as we are, and could read everything; but its `Host` is its own name;
//! - a request that changes something and has an `Origin` must come from a page of ours. What only reads needs no such
//!   rule: no answer allows another origin to see it.

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, header};
use graphnode_http::problem::{Code, Problem};

/// The names of this machine for itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Refuses a request that a foreign page may have sent.
pub(super) fn admit(parts: &Parts) -> Result<(), Problem> {
    let host = only(&parts.headers, &header::HOST).filter(|host| is_here(host));
    let addressed_here = parts.uri.authority().is_none_or(|authority| is_here(authority.as_str()));
    let Some(host) = host.filter(|_| addressed_here) else {
        return Err(Problem::new(
            Code::Forbidden,
            "The Host of a request must be localhost, 127.0.0.1 or [::1]: this server answers its own machine only.",
        ));
    };
    if reads(&parts.method) || is_own_page(&parts.headers, host) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "A page of another origin may change nothing here."))
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether no page sent it, or one that came from the very address it asks. Browsers send `Origin` with all that
/// changes something; other programs send none.
fn is_own_page(headers: &HeaderMap, host: &str) -> bool {
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let origin = only(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok();
    value.filter(|_| values.next().is_none())
}

/// Whether an authority, with any port, names this machine.
fn is_here(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let named = HERE.iter().any(|name| parsed.host().eq_ignore_ascii_case(name));
    named && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn admitted(method: &str, uri: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        admit(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn the_host_must_be_this_machine() {
        for host in ["localhost:7878", "LocalHost", "127.0.0.1:7878", "127.0.0.1", "[::1]:7878", "[::1]"] {
            assert!(admitted("GET", "/", &[("Host", host)]), "{host}");
        }
        for host in [
            "evil.example:7878",
            "localhost.evil.example",
            "evil.example#localhost",
            "localhost@evil.example",
            "evil@localhost",
            "localhost.",
            "127.0.0.2",
            "127.0.0.1.nip.io",
            "0.0.0.0:7878",
            "[::]",
            "::1",
            "",
            " ",
        ] {
            assert!(!admitted("GET", "/", &[("Host", host)]), "{host:?}");
        }
        assert!(!admitted("GET", "/", &[]));
        assert!(!admitted("GET", "/", &[("Host", "localhost"), ("Host", "evil.example")]));
        assert!(!admitted("GET", "http://evil.example/", &[("Host", "localhost")]));
        assert!(admitted("GET", "http://localhost:7878/", &[("Host", "localhost:7878")]));
    }

    #[test]
    fn what_changes_something_must_not_come_from_another_page() {
        let from = |method: &str, origin: &str| {
            admitted(method, "/v1/graph-ai", &[("Host", "localhost:7878"), ("Origin", origin)])
        };
        for method in ["POST", "PUT", "PATCH", "DELETE", "ANYTHING"] {
            assert!(from(method, "http://localhost:7878"), "{method}");
            for origin in [
                "https://evil.example",
                "http://evil.example",
                "http://localhost",
                "http://localhost:3000",
                "https://localhost:7878",
                "http://127.0.0.1:7878",
                "http://localhost:7878.evil.example",
                "null",
                "",
            ] {
                assert!(!from(method, origin), "{method} from {origin:?}");
            }
            assert!(admitted(method, "/v1/graph-ai", &[("Host", "[::1]:7878")]), "{method} from no page");
        }
        // Its answer is hidden from that page by the browser, which finds no permission in it.
        assert!(from("GET", "https://evil.example"));
        let twice =
            [("Host", "localhost"), ("Origin", "http://localhost"), ("Origin", "https://evil.example")];
        assert!(!admitted("POST", "/", &twice));
    }
}
