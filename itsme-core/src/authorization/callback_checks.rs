//! The checks on a callback, made before its code is redeemed (RFC 6749 §10.12, RFC 9207).

use super::{callback::Parameters, state::LoginState};
use crate::{
    error::{CallbackError, Error, ErrorCode},
    ground::{
        check::{Rule, Ruling, Subject, Told, Verdict, rules},
        text::printable,
        time::UnixTime,
    },
    jose,
    provider::metadata::Metadata,
    settings::{Settings, identity::ClientIdentity},
};

/// A callback, together with the login to which it claims to belong.
pub(crate) struct CallbackAnswer<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) login: &'a LoginState,
    pub(crate) identity: &'a ClientIdentity,
    pub(crate) settings: &'a Settings,
    /// The OP's metadata, if it has been fetched.
    pub(crate) metadata: Option<&'a Metadata>,
    /// The current time; `None` if the login's age was already checked.
    pub(crate) now: Option<UnixTime>,
}

type Checked = Verdict<Error>;

impl Subject for CallbackAnswer<'_> {
    type Error = Error;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "client", "RFC 6749 §4.1.3", "the login was started by this client, with this issuer" =>
                |it| it.check_client(), |it| it.tell_client();
            "size", "itsme-core's own limit", "at most 16 KiB" =>
                |it| it.check_size(), |it| it.tell_size();
            "duplicates", "RFC 6749 §3.1", "no parameter appears twice" =>
                |it| it.check_duplicates(), |it| it.tell_duplicates();
            "state", "RFC 6749 §10.12", "the login's `state`, compared in constant time" =>
                |it| it.check_state(), |it| it.tell_state();
            "code or error", "RFC 6749 §4.1.2", "either `code` or `error`, but not both" =>
                |it| it.check_content(), |it| it.tell_content();
            "iss", "RFC 9207 §2.4", "if present, one of the environment's issuers" =>
                |it| it.check_issuer(), |it| it.tell_issuer(Some(it.settings.environment.issuer()));
            "promised iss", "RFC 9207 §2.4", "the metadata's issuer; required if the OP declares support for `iss`" =>
                |it| it.check_promised_issuer(),
                |it| it.tell_issuer(it.metadata.map(|metadata| metadata.issuer.as_str()));
            "code", "RFC 6749 §4.1.2.1", "a code, not an error" =>
                |it| it.check_refusal(), |it| it.tell_refusal();
            "age", "itsme-core's own limit", "the login has not expired, and did not start in the future" =>
                |it| it.check_age(), |it| it.tell_age();
        }
    }
}

impl CallbackAnswer<'_> {
    fn check_client(&self) -> Checked {
        if self.login.client != *self.identity {
            return Err(CallbackError::ForeignClient.into());
        }
        Ok(Ruling::Held)
    }

    fn tell_client(&self) -> Told {
        let name = |it: &ClientIdentity| format!("`{}` at `{}`", it.client_id, it.issuer);
        Told::found(name(&self.login.client)).expected(name(self.identity))
    }

    fn check_size(&self) -> Checked {
        if self.parameters.is_too_long {
            return Err(CallbackError::TooLong.into());
        }
        Ok(Ruling::Held)
    }

    fn tell_size(&self) -> Told {
        Told::found(if self.parameters.is_too_long { "more than 16 KiB" } else { "at most 16 KiB" })
    }

    fn check_duplicates(&self) -> Checked {
        match self.parameters.twice {
            Some(name) => Err(CallbackError::Duplicate(name).into()),
            None => Ok(Ruling::held_if(!self.parameters.is_too_long)),
        }
    }

    fn tell_duplicates(&self) -> Told {
        let twice = self.parameters.twice.map(|name| format!("`{name}` twice"));
        Told::found(twice.unwrap_or_else(|| "each once".to_owned()))
    }

    fn check_state(&self) -> Checked {
        if self.parameters.is_too_long {
            return Ok(Ruling::NotApplicable);
        }
        let state = self.parameters.get("state").ok_or(CallbackError::MissingState)?;
        if !jose::constant_time_eq(state.as_bytes(), self.login.id().as_bytes()) {
            return Err(CallbackError::ForeignState.into());
        }
        Ok(Ruling::Held)
    }

    fn tell_state(&self) -> Told {
        Told::found(match self.parameters.get("state") {
            None => "nothing",
            Some(_) if self.check_state().is_ok() => "the login's",
            Some(_) => {
                "a different login's; the cause may be a tab left open, a callback opened twice, or a forged link"
            }
        })
    }

    fn check_content(&self) -> Checked {
        match (self.parameters.get("code"), self.parameters.get("error")) {
            _ if self.parameters.is_too_long => Ok(Ruling::NotApplicable),
            (None, None) => Err(CallbackError::MissingCode.into()),
            (Some(_), Some(_)) => Err(CallbackError::CodeAndError.into()),
            _ => Ok(Ruling::Held),
        }
    }

    fn tell_content(&self) -> Told {
        Told::found(match (self.parameters.get("code"), self.parameters.get("error")) {
            (None, None) => "neither",
            (Some(_), Some(_)) => "both",
            (Some(_), None) => "a code",
            (None, Some(_)) => "an error",
        })
    }

    /// An initial check of `iss`. It is compared with the exact issuer after the metadata has been fetched.
    fn check_issuer(&self) -> Checked {
        match self.parameters.find("iss") {
            Some(iss) if !self.settings.environment.accepts(iss) => {
                Err(CallbackError::ForeignIssuer.into())
            }
            iss => Ok(Ruling::held_if(iss.is_some())),
        }
    }

    fn check_promised_issuer(&self) -> Checked {
        let Some(metadata) = self.metadata else { return Ok(Ruling::NotApplicable) };
        match self.parameters.find("iss") {
            Some(iss) if iss != metadata.issuer => Err(CallbackError::ForeignIssuer.into()),
            None if metadata.authorization_response_iss_parameter_supported => {
                Err(CallbackError::MissingIssuer.into())
            }
            iss => Ok(Ruling::held_if(iss.is_some())),
        }
    }

    fn tell_issuer(&self, expected: Option<&str>) -> Told {
        let found = self.parameters.find("iss").map(|iss| format!("`{}`", printable(iss)));
        let told = Told::found(found.unwrap_or_else(|| "nothing".to_owned()));
        told.expected(expected.map(|issuer| format!("`{issuer}`")).unwrap_or_default())
    }

    /// Returns [`Error::Cancelled`] if the user declined, because that is not a failure of the client or the OP.
    fn check_refusal(&self) -> Checked {
        match self.parameters.refusal() {
            Some(refusal) if refusal.code == ErrorCode::AccessDenied => Err(Error::Cancelled),
            Some(refusal) => Err(refusal.into()),
            None => Ok(Ruling::held_if(self.parameters.get("code").is_some())),
        }
    }

    fn tell_refusal(&self) -> Told {
        let refusal = self.parameters.refusal();
        let error =
            refusal.map(|refusal| format!("the error `{}`", printable(refusal.code.as_str())));
        Told::found(error.unwrap_or_else(|| "a code".to_owned()))
    }

    fn check_age(&self) -> Checked {
        let Some(now) = self.now else { return Ok(Ruling::NotApplicable) };
        let Settings { login_lifetime, clock_leeway, .. } = self.settings;
        if self.login.is_expired(now, *login_lifetime, *clock_leeway) {
            return Err(Error::LoginExpired);
        }
        Ok(Ruling::Held)
    }

    fn tell_age(&self) -> Told {
        let at = self.login.requested.at;
        let found = match self.now {
            Some(now) if at > now => {
                format!(
                    "started {} s in the future, according to your clock; was the clock set back?",
                    at.since(now).as_secs()
                )
            }
            now => format!(
                "started {} s ago, according to your clock",
                now.unwrap_or(at).since(at).as_secs()
            ),
        };
        let most = self.settings.login_lifetime.as_secs();
        Told::found(found)
            .expected(format!("started at most {most} s ago, according to your clock"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        authorization::callback::{Callback, MAX_CALLBACK},
        ground::secret::Secret,
        settings::{credentials::ClientSecret, environment::Environment},
    };

    fn read(callback: impl Into<Callback>) -> Result<(), CallbackError> {
        let environment = Environment::custom("https://op.example");
        let settings = Settings::new("c", ClientSecret::new("unused"), environment);
        let requested = serde_json::from_value(json!({ "at": 0 })).expect("the rest is optional");
        let (identity, secrets) = (settings.identity(), (Secret::new("n"), Secret::new("v")));
        let (state, to) = ("s t&ate".to_owned(), String::new());
        let mut answer = CallbackAnswer {
            parameters: &callback.into().parameters(),
            login: &LoginState::new(identity.clone(), state, secrets, to, requested),
            identity: &identity,
            settings: &settings,
            metadata: None,
            now: None,
        };
        match answer.verify() {
            Ok(()) => Ok(()),
            Err(Error::Callback(error)) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        use CallbackError::*;
        for (callback, expected) in [
            ("", MissingState),
            ("https://rp.example/cb", MissingState),
            ("code=c", MissingState),
            ("code=c&state=", MissingState),
            ("code=c&state=other", ForeignState),
            ("error=access_denied&state=other", ForeignState),
            ("state=s+t%26ate", MissingCode),
            ("code=&state=s+t%26ate", MissingCode),
            ("code=c&error=x&state=s+t%26ate", CodeAndError),
            ("code=c&code=c&state=s+t%26ate", Duplicate("code")),
            ("code=c&state=s+t%26ate&state=x", Duplicate("state")),
            ("code=c&iss=&iss=&state=s+t%26ate", Duplicate("iss")),
        ] {
            assert_eq!(read(callback), Err(expected), "{callback}");
        }
        assert_eq!(read("x".repeat(MAX_CALLBACK + 1)), Err(TooLong));
        assert_eq!(read("x".repeat(MAX_CALLBACK)), Err(MissingState));
        let pairs = Callback::from_pairs([("code", "x".repeat(MAX_CALLBACK))]);
        assert_eq!(read(pairs), Err(TooLong));
        let pairs = Callback::from_pairs([("n".repeat(200), "v".repeat(200))]);
        assert_eq!(read(pairs), Err(MissingState), "400 bytes are not too long");
    }
}
