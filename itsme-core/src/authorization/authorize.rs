use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    checked::{CheckedRequest, Delivery, claims_text},
    pkce::code_challenge,
    request::AuthorizationRequest,
    request_object::{self, RequestObject},
    state::LoginState,
};
use crate::{
    client_auth::{inner::ClientInner, jwt::MakeJwt, parties::Parties},
    error::Error,
    flow::machine::{Context, Event, Machine, Next},
    ground::{opaque::opaque, secret::Secret, time::UnixTime},
    http::form,
    provider::{
        Provider,
        fetch::{FetchProvider, Need},
    },
};

/// The flow behind [`Client::authorize`](crate::Client::authorize) and
/// [`Client::request_object`](crate::Client::request_object). It sends nothing if the OP's
/// metadata is cached.
pub(crate) struct Authorize<T> {
    state: State,
    finish: fn(Redirect, Option<RequestObject>) -> T,
}

enum State {
    /// Fetching the metadata. These are the only requests that this flow sends.
    Provider(Plan, FetchProvider),
    Object(Draft, MakeJwt),
}

struct Plan {
    client: Arc<ClientInner>,
    request: CheckedRequest,
}

/// A redirect whose request object has not been made yet.
struct Draft {
    redirect: Redirect,
    /// Whether the request object is sent in the URL.
    by_value: bool,
    expires_at: UnixTime,
}

/// Where to send the user, and what to store until they return.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization URL. Redirect the user's browser to it (status 302 or 303).
    pub url: String,
    /// The state to store in the user's session and pass to
    /// [`Client::finish_login`](crate::Client::finish_login) with the callback.
    pub state: LoginState,
    /// The `claims` parameter as sent, including the text or payment of a confirmation. Archive it
    /// together with the [`Evidence`](crate::Evidence), which contains its digest.
    pub claims: Option<String>,
}

/// A login whose request object must be hosted before the user is sent to itsme.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hosted {
    /// The request object to host at the `request_uri`.
    pub object: RequestObject,
    /// Where to send the user after the request object has been hosted.
    pub redirect: Redirect,
}

impl Authorize<Redirect> {
    pub(crate) fn new(
        client: &Arc<ClientInner>,
        request: AuthorizationRequest,
    ) -> Result<Self, Error> {
        let request = CheckedRequest::new(request, &client.settings)?;
        Ok(Self::finishing(client, request, |redirect, _sent_along| redirect))
    }
}

impl Authorize<Hosted> {
    pub(crate) fn hosted(
        client: &Arc<ClientInner>,
        request: AuthorizationRequest,
        at: (String, Duration),
    ) -> Result<Self, Error> {
        let request = CheckedRequest::hosted(request, at, &client.settings)?;
        Ok(Self::finishing(client, request, |redirect, object| {
            let object = object.expect("a request sent by reference has a request object");
            Hosted { object, redirect }
        }))
    }
}

impl<T> Authorize<T> {
    fn finishing(
        client: &Arc<ClientInner>,
        request: CheckedRequest,
        finish: fn(Redirect, Option<RequestObject>) -> T,
    ) -> Self {
        let plan = Plan { client: Arc::clone(client), request };
        let fetch = FetchProvider::new(&client.provider, Need::Fresh);
        Self { state: State::Provider(plan, fetch), finish }
    }
}

impl Plan {
    /// Drafts the redirect and, if it has a request object, starts making it.
    fn draft(
        self,
        provider: Arc<Provider>,
        cx: &mut Context<'_>,
    ) -> Result<(Draft, Option<MakeJwt>), Error> {
        let Self { client, request } = self;
        let parties = Parties { client, provider };
        parties.check_encryption()?;
        let Parties { client, provider } = &parties;
        let CheckedRequest { content, redirect_uri, delivery, state, nonce, code_verifier } =
            request;
        let state = state.map_or_else(|| cx.random_text(), Ok)?;
        let mut secret = |own: Option<Secret>| match own {
            Some(own) => Ok(own),
            None => cx.random_text().map(Secret::new),
        };
        let (nonce, code_verifier) = (secret(nonce)?, secret(code_verifier)?);
        let identity = &client.identity;
        let fixed = [
            ("response_type", "code"),
            ("client_id", identity.client_id.as_str()),
            ("scope", content.scope.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("state", state.as_str()),
        ];
        let challenge = code_challenge(&code_verifier);
        let own = [
            ("nonce", nonce.expose()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let mut parameters = content.parameters;

        // The OP reads the parameters from the request object. Those that OAuth requires must also be
        // in the query, with equal values (OIDC Core §6.1).
        let endpoint = provider.metadata.authorization_endpoint.as_str();
        let mut url = Vec::with_capacity(1024);
        url.extend_from_slice(endpoint.as_bytes());
        if !endpoint.contains('?') {
            url.push(b'?');
        }
        form::append(&mut url, fixed);
        let lifetime = match &delivery {
            Delivery::Query => None,
            Delivery::Value => Some(request_object::BY_VALUE),
            Delivery::Reference(uri, lifetime) => {
                form::append(&mut url, [("request_uri", uri.as_str())]);
                Some(*lifetime)
            }
        };
        let expires_at = cx.now.after(lifetime.unwrap_or_default());
        let mut object = None;
        if lifetime.is_some() {
            let texts = own.into_iter().chain(fixed);
            parameters.extend(texts.map(|(name, value)| (name, json!(value))));
            let claims = content.claims.as_deref();
            object = Some(request_object::make(&parties, (&parameters, claims), expires_at, cx)?);
        } else {
            for (name, value) in &parameters {
                match value {
                    Value::String(text) => form::append(&mut url, [(*name, text.as_str())]),
                    value => form::append(&mut url, [(*name, value.to_string().as_str())]),
                }
            }
            form::append(&mut url, own);
            form::append(&mut url, content.claims.iter().map(|claims| ("claims", claims.get())));
        }

        let redirect = Redirect {
            url: String::from_utf8(url).expect("the URL and the escaped parameters are text"),
            state: LoginState::new(
                identity.clone(),
                state,
                (nonce, code_verifier),
                redirect_uri,
                content.requested.at(cx.now),
            ),
            claims: claims_text(content.claims),
        };
        let by_value = delivery == Delivery::Value;
        Ok((Draft { redirect, by_value, expires_at }, object))
    }
}

impl Draft {
    fn with_object(mut self, jwt: String) -> (Redirect, RequestObject) {
        if self.by_value {
            // A JWT contains no characters that need escaping.
            self.redirect.url.push_str("&request=");
            self.redirect.url.push_str(&jwt);
        }
        (self.redirect, RequestObject { jwt: Secret::new(jwt), expires_at: self.expires_at })
    }
}

impl<T> Machine for Authorize<T> {
    type Output = T;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { state, finish } = self;
        let with = |state| Self { state, finish };
        match state {
            State::Provider(plan, fetch) => fetch.step(event, cx)?.within(
                plan,
                |fetch, plan| with(State::Provider(plan, fetch)),
                |provider, plan| match plan.draft(provider, cx)? {
                    (draft, None) => Ok(Next::Done(finish(draft.redirect, None))),
                    (draft, Some(object)) => {
                        with(State::Object(draft, object)).step(Event::Begin, cx)
                    }
                },
            ),
            State::Object(draft, object) => object.step(event, cx)?.within(
                draft,
                |object, draft| with(State::Object(draft, object)),
                |jwt, draft| {
                    let (redirect, object) = draft.with_object(jwt);
                    Ok(Next::Done(finish(redirect, Some(object))))
                },
            ),
        }
    }
}

opaque!(Redirect);
