//! The part of the phone that makes things go wrong.

use itsme_core::Response;

use super::{
    super::{FakeOp, parameters::Parameters},
    error, escape, hidden, html, see_other,
};
use crate::{Fault, quirks};

impl FakeOp {
    /// What goes wrong, what else could, and the way back.
    pub(super) fn faults(&self) -> Response {
        let injected = self.mischief.faults.iter().map(|name| format!("<li>{}</li>", escape(name)));
        let injected = match injected.collect::<String>().as_str() {
            "" => "<p>Nothing goes wrong.</p>".to_owned(),
            names => format!("<p>This goes wrong:</p><ul>{names}</ul>"),
        };
        let options = Fault::all().into_iter().chain(quirks::all()).map(|fault| {
            let name = escape(fault.name());
            format!("<option value=\"{name}\">{name}</option>")
        });
        let body = format!(
            "<p><a href=\"phone\">Phone</a></p><h1>Faults</h1>{injected}\
             <form method=\"post\" action=\"phone\">{kind}\
             <p><label for=\"fault\">Fault</label> \
             <select id=\"fault\" name=\"fault\">{}</select></p>\
             <button name=\"decision\" value=\"inject\">Inject</button></form>\
             <form method=\"post\" action=\"phone\">{kind}\
             <button name=\"decision\" value=\"recover\">Recover</button></form>",
            options.collect::<String>(),
            kind = hidden("kind", "fault"),
        );
        html(200, "Faults", None, &body)
    }

    /// What was chosen there.
    pub(super) fn meddle(&mut self, form: &Parameters) -> Response {
        let name = form.get("fault").unwrap_or_default();
        let fault = Fault::named(name);
        match (form.get("decision"), fault) {
            (Some("inject"), Some(fault)) => fault.inject(self),
            (Some("recover"), _) => self.recover(),
            _ => return error("there is no such fault"),
        }
        see_other(&self.endpoint("phone?faults"))
    }
}
