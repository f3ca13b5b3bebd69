use std::fmt;

use axum::response::{Html, IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::QrCode;

/// The contents of the page for a QR login.
#[non_exhaustive]
pub struct QrPage {
    /// The code to scan, as a `data:` URL for an `<img>`. If you have a Content-Security-Policy, it
    /// must allow `img-src data:`. `None` once the code has been scanned and the user is being
    /// asked in the app.
    pub code: Option<String>,
    /// The path that the form for canceling the login posts to.
    pub stop: String,
}

impl QrPage {
    pub(super) fn new(code: Option<&QrCode>, stop: String) -> Self {
        let url = |code: &QrCode| {
            format!("data:{};base64,{}", code.media_type(), STANDARD.encode(&code.image))
        };
        Self { code: code.map(url), stop }
    }
}

/// Returns the default page.
pub(super) fn default(page: &QrPage) -> Response {
    let shown = match &page.code {
        Some(code) => format!(
            "<p>Scan this code with the itsme app to log in here.</p>\
             <img src=\"{code}\" alt=\"QR code for the itsme app\" width=\"300\">"
        ),
        None => "<p role=\"status\">Look at your phone: confirm in the itsme app.</p>".to_owned(),
    };
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in</title>\
         <meta name=\"viewport\" content=\"width=device-width\">{shown}\
         <form method=\"post\" action=\"{}\"><button>Cancel</button></form></html>",
        page.stop
    );
    Html(page).into_response()
}

/// Hides the code, because whoever scans it first is logged in on this browser.
impl fmt::Debug for QrPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrPage").field("stop", &self.stop).finish_non_exhaustive()
    }
}
