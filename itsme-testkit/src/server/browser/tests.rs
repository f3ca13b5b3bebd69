use std::{net::TcpListener, thread};

use url::form_urlencoded;

use super::*;

/// An application that responds according to the request's path, returning as text the cookies that it
/// received.
fn application() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(&stream).expect("it can be written to");
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: &std::net::TcpStream) -> io::Result<()> {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |wanted: &str| {
        lines.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let length = header("content-length").map_or(0, |it| it.parse().expect("a length"));
    let mut form = vec![0; length];
    reader.read_exact(&mut form)?;
    let form = String::from_utf8(form).expect("a form");
    let cookies = header("cookie").unwrap_or_default();
    let head = match lines[0].split(' ').nth(1).unwrap_or_default() {
        "/begin" => "302 Found\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nLocation: next",
        "/next" => "303 See Other\r\nSet-Cookie: b=; Max-Age=0; Path=/\r\nLocation: /end?x=y",
        "/away" => "302 Found\r\nLocation: https://op.example/authorize?state=s",
        "/around" => "302 Found\r\nLocation: /around",
        "/broken" => "500 Internal Server Error",
        "/form" => "303 See Other\r\nLocation: /end",
        "/once-more" => "200 OK\r\nRefresh: 0;url=?again",
        "/site" => return respond(stream, "200 OK", header(SITE).unwrap_or_default()),
        path if path.starts_with("/set?") => {
            let set = form_urlencoded::parse(&path.as_bytes()[5..]);
            let set = set.map(|(_, cookie)| format!("\r\nSet-Cookie: {cookie}"));
            return respond(stream, &format!("200 OK{}", set.collect::<String>()), cookies);
        }
        _ => "200 OK",
    };
    respond(stream, head, &format!("{cookies}{form}"))?;
    stream.flush()
}

fn respond(mut stream: &std::net::TcpStream, head: &str, body: &str) -> io::Result<()> {
    use std::io::Write as _;
    let length = body.len();
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn text(browser: &mut Browser, page: &str) -> String {
    browser.open(page).expect("a page").text
}

#[test]
fn it_follows_the_application_with_the_cookies_it_was_given() {
    let application = application();
    let mut browser = Browser::new(&application);
    let page = browser.open("/begin").expect("a page");
    assert_eq!((page.url.clone(), page.status), (format!("{application}/end?x=y"), 200));
    assert_eq!(page.text, "a=1", "the other cookie was removed");
    let [begin, next] = ["/begin", "/next"].map(|path| format!("{application}{path}"));
    assert_eq!(page.via, [begin, next, format!("{application}/end?x=y")]);
    let page = browser.open(&format!("{application}/broken")).expect("a page");
    assert_eq!((page.status, page.text.as_str()), (500, "a=1"));
}

#[test]
fn instances_of_the_application_have_its_cookies_and_are_followed() {
    let (one, two) = (application(), application());
    let mut browser = Browser::new(&one);
    let page = browser.open(&format!("{two}/begin")).expect("a page");
    assert_eq!((page.url, page.text.as_str()), (format!("{two}/end?x=y"), "a=1"));
    assert_eq!(text(&mut browser, "/x"), "a=1");
    let page = browser.open(&format!("{two}/away")).expect("a redirect");
    assert_eq!(page.url, "https://op.example/authorize?state=s");
}

#[test]
fn it_stops_where_it_is_sent_away_or_around() {
    let mut browser = Browser::new(application());
    let page = browser.open("/away").expect("a redirect");
    assert_eq!(page.url, "https://op.example/authorize?state=s");
    assert_eq!(page.status, 302);
    assert_eq!(page.headers["location"], page.url);
    assert!(browser.open("/around").is_err());
}

#[test]
fn it_sends_forms_and_asks_once() {
    let mut browser = Browser::new(application());
    let page = browser.submit("/other", &[("a b", "c&d")]).expect("a page");
    assert_eq!(page.text, "a+b=c%26d");
    let page = browser.submit("/form", &[]).expect("a page");
    assert!(page.url.ends_with("/end"), "{}", page.url);
    let request = http::Request::get("/around").body(Vec::new()).expect("a request");
    assert_eq!(browser.send(request).expect("an answer").status(), 302);
}

#[test]
fn strict_cookies_stay_at_home_when_somebody_comes_back() {
    let application = application();
    let mut browser = Browser::new(&application);
    let set = "/set?c=strict=1;SameSite=Strict&c=lax=2;SameSite=Lax&c=unsaid=3\
               &c=all=4;SameSite=None;Secure&c=pale=5;SameSite=None";
    browser.open(set).expect("a page");
    let all = |text: &str| {
        let mut names: Vec<_> = text.split("; ").map(str::to_owned).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(all(&text(&mut browser, "/x")), "all=4 lax=2 strict=1 unsaid=3");
    browser.open("/away").expect("a redirect");
    let back = format!("{application}/begin");
    // The redirects that follow also count as coming from the other site.
    assert_eq!(all(&text(&mut browser, &back)), "a=1 all=4 lax=2 unsaid=3");
    // A refresh of the application's own page counts as coming from the application.
    browser.open("/away").expect("a redirect");
    let once_more = text(&mut browser, &format!("{application}/once-more"));
    assert!(once_more.contains("strict=1"), "{once_more}");
    // Requests from a page of the application, and typed addresses, send strict cookies.
    assert!(text(&mut browser, &back).contains("strict=1"));
    browser.open("/away").expect("a redirect");
    assert!(text(&mut browser, "/x").contains("strict=1"));
    let mut from_elsewhere = |method| {
        let request = http::Request::builder().method(method).uri("/x").header(SITE, OTHER_SITE);
        let answer = browser.send(request.body(Vec::new()).expect("a request"));
        all(&String::from_utf8(answer.expect("an answer").into_body()).expect("text"))
    };
    assert_eq!(from_elsewhere("GET"), "a=1 all=4 lax=2 unsaid=3");
    assert_eq!(from_elsewhere("POST"), "a=1 all=4 unsaid=3");
}

#[test]
fn the_application_is_told_where_a_request_comes_from() {
    let application = application();
    let mut browser = Browser::new(&application);
    let page = format!("{application}/site");
    assert_eq!(text(&mut browser, "/site"), "none");
    assert_eq!(text(&mut browser, &page), "same-origin");
    assert_eq!(browser.submit("/site", &[]).expect("a page").text, "same-origin");
    browser.open("/away").expect("a redirect");
    assert_eq!(text(&mut browser, &page), "cross-site");
    assert_eq!(text(&mut browser, &page), "same-origin");
}

#[test]
fn cookies_end_and_keep_to_their_place() {
    let mut browser = Browser::new(application());
    for (set, kept) in [
        ("a=1;Max-Age=60", "a=1"),
        ("a=1;Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("a=1;Expires=Fri, 31 Dec 2100 00:00:00 GMT", "a=1"),
        ("a=1;Max-Age=0", ""),
        ("a=1;Path=/elsewhere", ""),
        ("a=1;Domain=other.example", ""),
        ("__Host-a=1;Path=/", ""),
        ("__Host-a=1;Secure", ""),
        ("__Host-a=1;Secure;Path=/", "__Host-a=1"),
        ("__Host-a=;Max-Age=0;Path=/", "__Host-a=1"),
        ("__Host-a=;Max-Age=0;Path=/;Secure", ""),
        ("__Secure-a=1", ""),
    ] {
        let query: String = form_urlencoded::byte_serialize(set.as_bytes()).collect();
        browser.open(&format!("/set?c={query}")).expect("a page");
        assert_eq!(text(&mut browser, "/x"), kept, "{set}");
        let named: Vec<_> = browser.cookies().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(named.len(), usize::from(!kept.is_empty()), "{set}");
    }
}

#[test]
fn a_test_sets_and_removes_cookies_as_the_application_does() {
    let mut browser = Browser::new(application());
    for (set, kept) in [
        ("theme=dark; Path=/", "theme=dark"),
        ("theme=; Max-Age=0; Path=/", ""),
        ("theme=; Max-Age=0; Path=/", ""),
    ] {
        browser.set_cookie(set).expect("a browser takes it");
        assert_eq!(text(&mut browser, "/x"), kept, "{set}");
    }
    for refused in ["__Host-a=1; Path=/", "a=1; Domain=other.example", "a=1; SameSite=None", ""] {
        assert!(browser.set_cookie(refused).is_err(), "{refused}");
        assert_eq!(text(&mut browser, "/x"), "", "{refused}");
    }
}
