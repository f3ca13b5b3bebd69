//! A page as a browser without JavaScript shows it.

use http::{HeaderMap, Request, Response, header};
use url::form_urlencoded;

/// A page, or any other response.
pub struct Page {
    pub status: u16,
    pub body: String,
    pub headers: HeaderMap,
}

/// The fields that a form submits.
pub type Form = Vec<(String, String)>;

impl Page {
    pub fn of(response: Response<Vec<u8>>) -> Self {
        let (head, body) = response.into_parts();
        let body = String::from_utf8_lossy(&body).into_owned();
        Self { status: head.status.as_u16(), body, headers: head.headers }
    }

    /// The URL to which the response redirects the browser.
    pub fn location(&self) -> String {
        let location = self.headers.get(header::LOCATION);
        let location = location.unwrap_or_else(|| panic!("no redirect: {}", self.body));
        location.to_str().expect("ASCII").to_owned()
    }

    /// Whether the page reloads itself.
    pub fn refreshes(&self) -> bool {
        self.body.contains("<meta http-equiv=\"refresh\"")
    }

    /// The target of the link with this text.
    pub fn link(&self, text: &str) -> String {
        let start = self.body.split(&format!(">{text}</a>")).next().unwrap_or_default();
        let (_, tag) = start.rsplit_once("<a ").unwrap_or_else(|| panic!("no link {text}"));
        attribute(tag, "href")
    }

    /// The fields that the button with this label submits, including what the user selects.
    pub fn form(&self, button: &str, selected: &[(&str, &str)]) -> Form {
        let forms =
            self.body.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
        let label = format!(">{button}</button>");
        let form = forms.into_iter().find(|form| form.contains(&label));
        let form = form.unwrap_or_else(|| panic!("no button {button}: {}", self.body));
        let mut fields = Form::new();
        for tag in form.split('<').filter(|tag| tag.starts_with("input type=\"hidden\"")) {
            fields.push((attribute(tag, "name"), attribute(tag, "value")));
        }
        for (name, value) in selected {
            let option = form.contains(&format!("<option value=\"{value}\""));
            assert!(option && form.contains(&format!(" name=\"{name}\">")), "no {value}: {form}");
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let end = form.find(&label).unwrap_or_default();
        let (_, tag) = form[..end].rsplit_once("<button").unwrap_or_default();
        if tag.contains("name=\"") {
            fields.push((attribute(tag, "name"), attribute(tag, "value")));
        }
        fields
    }
}

/// Submits a form of the page at this URL.
pub fn click(url: &str, form: Form) -> Request<Vec<u8>> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    Request::post(url.split('?').next().unwrap_or_default())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .expect("a request")
}

fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let value = tag.split(&start).nth(1).and_then(|rest| rest.split('"').next());
    let value = value.unwrap_or_else(|| panic!("no {name} in {tag}"));
    value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
