//! What stands behind the `?`: read strictly, since a parameter with a slip in its name that is passed over
//! answers another question than the one asked.

use std::fmt::Write as _;

use aegis_wire::admin::MAX_PAGE;
use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::problem::Problem;

/// Most bytes of one name or value as it is written; the longest cursor of two free names fits, encoded.
const MAX_ENCODED_BYTES: usize = 8 * 1024;
const LIMIT: &str = "limit";
const AFTER: &str = "after";

/// The parameters that were given, each at most once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    given: Vec<(&'static str, String)>,
}

/// Which page of a listing, and of what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// At most this many entries.
    pub(super) limit: u16,
    /// Everything that was said.
    query: Query,
}

impl Query {
    /// Reads these parameters.
    ///
    /// # Errors
    /// 422 with the name of the parameter that is wrong, unknown or there twice.
    pub(super) fn read(uri: &Uri, known: &[&'static str]) -> Result<Self, Problem> {
        let mut query = Self { given: Vec::new() };
        let parts = uri.query().unwrap_or_default().split('&');
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = text(name, name)?;
            let Some(known) = known.iter().copied().find(|known| *known == name) else {
                return Err(unknown(&name, known));
            };
            if query.value(known).is_some() {
                return Err(Problem::parameter(known, "is there more than once"));
            }
            query.given.push((known, text(known, value)?));
        }
        Ok(query)
    }

    /// The value of a parameter, if it was given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut named = self.given.iter().filter(|(given, _)| *given == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

impl Page {
    /// Reads `limit`, `after`, and what else this listing knows.
    ///
    /// # Errors
    /// As [`Query::read`], and 422 for a limit that is none.
    pub(super) fn read(uri: &Uri, filters: &[&'static str]) -> Result<Self, Problem> {
        let query = Query::read(uri, &[&[LIMIT, AFTER], filters].concat())?;
        let limit = query.value(LIMIT).map_or(Ok(MAX_PAGE), read_limit)?;
        Ok(Self { limit, query })
    }

    /// What the page before ended with.
    pub(super) fn after(&self) -> Option<&str> {
        self.query.value(AFTER)
    }

    /// The value of a filter.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.query.value(name)
    }

    /// Where the page after `next` is, ready to be asked for.
    pub(super) fn link(&self, path: &str, next: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let mut link = format!("{path}?limit={}&after={}", self.limit, encoded(next));
        let given = self.query.given.iter();
        for (name, value) in given.filter(|(name, _)| ![LIMIT, AFTER].contains(name)) {
            let _ = write!(link, "&{name}={}", encoded(value));
        }
        link
    }
}

/// Refuses every parameter, where none is known.
pub(super) fn none(uri: &Uri) -> Result<(), Problem> {
    Query::read(uri, &[]).map(drop)
}

/// Forms write a space as `+`.
fn text(name: &str, encoded: &str) -> Result<String, Problem> {
    if encoded.len() > MAX_ENCODED_BYTES {
        return Err(Problem::parameter("query", "a name or a value is too long"));
    }
    let spaced = encoded.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Problem::parameter(name, "is not UTF-8")),
    }
}

fn read_limit(text: &str) -> Result<u16, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|_| digits);
    limit
        .filter(|limit| (1..=MAX_PAGE).contains(limit))
        .ok_or_else(|| Problem::parameter(LIMIT, "write a whole number from 1 to 1000"))
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let rule = match known {
        [] => "is not known here; no parameter is".to_owned(),
        known => format!("is not known here; known are `{}`", known.join("`, `")),
    };
    Problem::parameter(name, &rule)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    fn read(uri: &str) -> Result<Page, u16> {
        Page::read(&uri.parse().unwrap(), &["service"])
            .map_err(|problem| problem.into_response().status().as_u16())
    }

    #[test]
    fn a_page_is_read_and_its_next_one_linked() {
        let page = read("/x?limit=2&after=a%1Fb&service=Price+list").unwrap();
        assert_eq!((page.limit, page.after()), (2, Some("a\u{1f}b")));
        assert_eq!(page.filter("service"), Some("Price list"));
        let link = page.link("/x", "a\u{1f}c");
        assert_eq!(link, "/x?limit=2&after=a%1Fc&service=Price%20list");
        assert_eq!(read(&link).unwrap().after(), Some("a\u{1f}c"));
        assert_eq!(read("/x").unwrap().limit, 1000);
        assert_eq!(read("/x?limit=1000").unwrap().limit, 1000);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let long = format!("/x?after={}", "a".repeat(MAX_ENCODED_BYTES + 1));
        for uri in [
            "/x?limit=0",
            "/x?limit=1001",
            "/x?limit=%2B5",
            "/x?limit=",
            "/x?limit=1&limit=1",
            "/x?limits=1",
            "/x?after=%FF",
            "/x?%FF=1",
            "/x?service=a&service=b",
            &long,
        ] {
            assert_eq!(read(uri).unwrap_err(), 422, "{uri}");
        }
        assert!(none(&"/x?a=1".parse().unwrap()).is_err());
        assert!(none(&"/x?".parse().unwrap()).is_ok());
    }
}
