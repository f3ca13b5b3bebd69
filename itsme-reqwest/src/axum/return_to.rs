//! Where a user is sent after the login. It must be a page in this application, to prevent open
//! redirects.

use url::form_urlencoded;

/// The maximum length of the path. A longer one might not fit in the cookie.
const LONGEST: usize = 512;

/// Returns the value of the query's `return_to` parameter, or an empty string.
pub(super) fn asked(query: Option<&str>) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let path = pairs.find(|(name, _)| name == "return_to");
    path.map(|(_, path)| path.into_owned()).unwrap_or_default()
}

/// Returns the path, or `/` if it is not clearly local or is one of the login's own routes.
pub(super) fn local(path: String, own: &[String]) -> String {
    let is_own = own.iter().any(|own| path.split('?').next() == Some(own));
    if is_local(&path) && !is_own { path } else { "/".to_owned() }
}

/// Whether the path is clearly on this host. `//host` is a different host, and so is `/\host` in
/// browsers, which also ignore tabs and line breaks anywhere in a URL.
fn is_local(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#';
    // A browser stays on this host for `/..//host`, but software that normalizes the path and then
    // redirects to it does not.
    let only_path = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let only_path = only_path.replace("%2e", ".");
    path.starts_with('/')
        && !path.starts_with("//")
        && !only_path.split('/').any(|segment| segment == "." || segment == "..")
        && path.len() <= LONGEST
        && path.bytes().all(is_plain)
}

/// The URL that starts a login and then leads to `return_to`.
pub(super) fn login(path: &str, return_to: &str) -> String {
    match return_to {
        "/" => path.to_owned(),
        return_to => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("return_to", return_to)
                .finish();
            format!("{path}?{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn only_paths_of_this_host_are_returned_to() {
        let own_ways = ["/itsme/login".to_owned()];
        let own = Url::parse("https://shop.example/itsme/callback").expect("a URL");
        for (wanted, is_taken) in [
            ("/", true),
            ("/orders/7?page=2&sort=a%20b", true),
            ("/%2F%2Fevil.example", true),
            ("/%252F%252Fevil.example", true),
            ("/a.b/..c?d=../..", true),
            ("/..//evil.example", false),
            ("/a/%2E%2e//evil.example", false),
            ("/./a", false),
            ("/itsme/login?return_to=/a", false),
            ("/\u{7f}", false),
            ("/%5Cevil.example", true),
            ("/a//b", true),
            ("/@evil.example", true),
            ("", false),
            ("orders", false),
            ("//evil.example", false),
            ("///evil.example", false),
            ("/\\evil.example", false),
            ("/\\/evil.example", false),
            ("\\\\evil.example", false),
            ("/\t/evil.example", false),
            ("/\n/evil.example", false),
            ("/\r\nSet-Cookie: a=b", false),
            ("\t//evil.example", false),
            (" //evil.example", false),
            ("/\u{0}", false),
            ("/é", false),
            ("/a b", false),
            ("/a#b", false),
            ("https://evil.example", false),
            ("https:evil.example", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
        ] {
            let query: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            let path = asked(Some(&format!("a=b&return_to={query}&return_to=/other")));
            let path = local(path, &own_ways);
            assert_eq!(path, if is_taken { wanted } else { "/" }, "{wanted:?}");
            let landed = own.join(&path).expect("a URL");
            assert_eq!(landed.host_str(), Some("shop.example"), "{wanted:?}");
        }
        let local = |query: &str| local(asked(Some(query)), &[]);
        assert_eq!(local("return_to=%2F%09%2Fevil.example"), "/");
        assert_eq!(local("return_to=/%FF"), "/");
        assert_eq!(local(&format!("return_to=/{}", "a".repeat(LONGEST))), "/");
        assert_eq!(local(""), "/");
    }

    #[test]
    fn a_login_begins_again_with_the_same_wish() {
        assert_eq!(login("/itsme/login", "/"), "/itsme/login");
        let again = login("/itsme/login", "/a?b=c&d");
        assert_eq!(asked(again.split_once('?').map(|(_, query)| query)), "/a?b=c&d");
    }
}
