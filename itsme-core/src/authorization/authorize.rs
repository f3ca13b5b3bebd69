use std::{borrow::Cow, sync::Arc, time::Duration};

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    checked::{CheckedRequest, Delivery, claims_text},
    pkce::code_challenge,
    request::AuthorizationRequest,
    request_object::{self, RequestObject},
    state::LoginState,
};
use crate::{
    client_auth::{inner::ClientInner, parties::Parties},
    error::Error,
    flow::machine::{Context, Event, Machine, Next},
    ground::{opaque::opaque, secret::Secret},
    provider::{
        Provider,
        fetch::{FetchProvider, Need},
    },
};

/// The flow behind [`Client::authorize`](crate::Client::authorize) and
/// [`Client::request_object`](crate::Client::request_object): no request at all when the OP's
/// metadata is cached.
pub(crate) struct Authorize<T> {
    plan: Plan<T>,
    /// Its requests are the only ones.
    fetch: FetchProvider,
}

struct Plan<T> {
    client: Arc<ClientInner>,
    request: CheckedRequest,
    finish: fn(Redirect, Option<RequestObject>) -> T,
}

/// Where to send the person, and what to keep until they come back.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization URL: redirect the person's browser there (302 or 303).
    pub url: String,
    /// To be stored in the person's session and given back with the callback.
    pub state: LoginState,
    /// The `claims` parameter that is sent, with the text or payment of a confirmation in it: to
    /// archive beside the [`Evidence`](crate::Evidence), which has its digest.
    pub claims: Option<String>,
}

/// A login whose request object is to be hosted before the person is sent to itsme.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hosted {
    /// What to serve at the `request_uri`.
    pub object: RequestObject,
    /// Where to send the person then.
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
            let object = object.expect("what is sent by reference is a request object");
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
        let plan = Plan { client: Arc::clone(client), request, finish };
        Self { plan, fetch: FetchProvider::new(&client.provider, Need::Fresh) }
    }
}

impl<T> Plan<T> {
    fn redirect(self, provider: Arc<Provider>, cx: &mut Context<'_>) -> Result<T, Error> {
        let Self { client, request, finish } = self;
        let parties = Parties { client, provider };
        let Parties { client, provider } = &parties;
        let requested = request.content.requested(cx.now);
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
        let mut parameters = content.parameters;
        parameters.push(("nonce", json!(nonce.expose())));
        parameters.push(("code_challenge", json!(code_challenge(&code_verifier))));
        parameters.push(("code_challenge_method", json!("S256")));

        // What stands in a request object, the OP takes from there; what OAuth requires stands
        // outside as well, with equal values (OIDC Core §6.1).
        let mut query = form_urlencoded::Serializer::new(String::with_capacity(1024));
        query.extend_pairs(&fixed);
        let lifetime = match &delivery {
            Delivery::Query => None,
            Delivery::Value => Some(request_object::BY_VALUE),
            Delivery::Reference(_, lifetime) => Some(*lifetime),
        };
        let mut object = None;
        if let Some(lifetime) = lifetime {
            parameters.extend(fixed.map(|(name, value)| (name, json!(value))));
            let claims = content.claims.as_deref();
            let made = request_object::make(&parties, (&parameters, claims), lifetime, cx)?;
            match &delivery {
                Delivery::Reference(uri, _) => query.append_pair("request_uri", uri),
                _ => query.append_pair("request", made.jwt.expose()),
            };
            object = Some(made);
        } else {
            query.extend_pairs(parameters.iter().map(|(name, value)| match value {
                Value::String(text) => (*name, Cow::from(text)),
                value => (*name, value.to_string().into()),
            }));
            query.extend_pairs(content.claims.iter().map(|claims| ("claims", claims.get())));
        }
        let query = query.finish();

        let endpoint = &provider.metadata.authorization_endpoint;
        let separator = if endpoint.contains('?') { "&" } else { "?" };
        let redirect = Redirect {
            url: [endpoint, separator, &query].concat(),
            state: LoginState::new(
                identity.clone(),
                state,
                (nonce, code_verifier),
                redirect_uri,
                requested,
            ),
            claims: claims_text(content.claims),
        };
        Ok(finish(redirect, object))
    }
}

impl<T> Machine for Authorize<T> {
    type Output = T;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        self.fetch.step(event, cx)?.within(
            self.plan,
            |fetch, plan| Self { plan, fetch },
            |provider, plan| plan.redirect(provider, cx).map(Next::Done),
        )
    }
}

opaque!(Redirect);
