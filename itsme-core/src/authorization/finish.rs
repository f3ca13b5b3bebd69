use std::sync::Arc;

use crate::{
    authorization::{
        callback::{Answer, Callback, Outcome},
        state::LoginState,
    },
    client_auth::inner::ClientInner,
    error::{CallbackError, Error, ErrorCode},
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    ground::secret::Secret,
    provider::{Provider, fetch::FetchProvider},
    tokens::{
        id_token::Binding,
        logged_in::LoggedIn,
        response::{TokenResponse, token_request},
        verify::{Verification, VerifyTokens},
    },
};

/// The flow behind [`Client::finish_login`](crate::Client::finish_login): from the callback to the person.
///
/// Metadata and keys are fetched before the code is redeemed, because a code works once: what
/// fails before that can be tried again.
pub(crate) struct FinishLogin {
    client: Arc<ClientInner>,
    call: Call,
}

/// Each but the first is a request.
enum Call {
    Callback { login: LoginState, callback: Callback },
    Provider { code: Code, fetch: FetchProvider },
    Token { code: Code, provider: Arc<Provider>, retry: Retry },
    VerifyTokens(VerifyTokens),
}

/// A code that came back to this login.
struct Code {
    login: LoginState,
    code: Secret,
    iss: Option<String>,
}

impl FinishLogin {
    pub(crate) fn new(client: &Arc<ClientInner>, login: LoginState, callback: Callback) -> Self {
        Self { client: Arc::clone(client), call: Call::Callback { login, callback } }
    }

    fn with(client: Arc<ClientInner>, call: Call) -> Self {
        Self { client, call }
    }
}

/// Reads the callback as the answer to this login, or as the reason why there is no code.
fn code(
    client: &ClientInner,
    login: LoginState,
    callback: Callback,
    cx: &Context<'_>,
) -> Result<Code, Error> {
    let settings = &client.settings;
    let issuer = settings.environment.issuer();
    if !login.is_of(&settings.client_id, issuer) {
        return Err(CallbackError::ForeignClient.into());
    }
    let Answer { iss, outcome } = callback.read(login.id())?;
    // Once the metadata is there, it is held against its issuer.
    if iss.as_deref().is_some_and(|iss| !settings.environment.accepts(iss)) {
        return Err(CallbackError::ForeignIssuer.into());
    }
    if let Some(known) = client.cache.peek() {
        check_issuer(iss.as_deref(), &known)?;
    }
    let code = match outcome {
        Outcome::Code(code) => code,
        // The person's own choice is not an error of anybody.
        Outcome::Refusal(refusal) if refusal.code == ErrorCode::AccessDenied => {
            return Err(Error::Cancelled);
        }
        Outcome::Refusal(refusal) => return Err(client.refused(refusal)),
    };
    if login.is_expired(cx.now, settings.login_lifetime, settings.clock_leeway) {
        return Err(Error::LoginExpired);
    }
    Ok(Code { login, code, iss })
}

/// RFC 9207 §2.4.
fn check_issuer(iss: Option<&str>, provider: &Provider) -> Result<(), CallbackError> {
    match iss {
        Some(iss) if iss != provider.metadata.issuer => Err(CallbackError::ForeignIssuer),
        None if provider.metadata.authorization_response_iss_parameter_supported => {
            Err(CallbackError::MissingIssuer)
        }
        _ => Ok(()),
    }
}

fn provider(
    client: Arc<ClientInner>,
    code: Code,
    fetching: Next<FetchProvider>,
    cx: &mut Context<'_>,
) -> Result<Next<FinishLogin>, Error> {
    fetching.within(
        (client, code),
        |fetch, (client, code)| FinishLogin::with(client, Call::Provider { code, fetch }),
        |provider, (client, code)| {
            check_issuer(code.iss.as_deref(), &provider)?;
            FinishLogin::with(client, Call::Token { code, provider, retry: Retry::IfNotSent })
                .step(Event::Begin, cx)
        },
    )
}

fn identify(
    client: Arc<ClientInner>,
    identifying: Next<VerifyTokens>,
) -> Result<Next<FinishLogin>, Error> {
    identifying.within(
        client,
        |identify, client| FinishLogin::with(client, Call::VerifyTokens(identify)),
        |logged_in, _| Ok(Next::Done(logged_in)),
    )
}

impl Machine for FinishLogin {
    type Output = LoggedIn;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { client, call } = self;
        match (call, event) {
            (Call::Callback { login, callback }, event) => {
                let code = code(&client, login, callback, cx)?;
                let fetching = FetchProvider::fresh(&client).step(event, cx)?;
                provider(client, code, fetching, cx)
            }
            (Call::Provider { code, fetch }, event) => {
                provider(client, code, fetch.step(event, cx)?, cx)
            }
            (Call::Token { code, provider: op, retry }, Event::Begin) => {
                let authentication = client.authentication(&op, &op.metadata.token_endpoint, cx)?;
                let grant = [
                    ("grant_type", "authorization_code"),
                    ("code", code.code.expose()),
                    ("redirect_uri", code.login.redirect_uri.as_str()),
                    ("code_verifier", code.login.code_verifier.expose()),
                ];
                let request = token_request(&op.metadata, &grant, &authentication);
                let call = Call::Token { code, provider: op, retry };
                drop(authentication);
                Ok(Next::Send(request, Self { client, call }))
            }
            (Call::Token { code: Code { login, .. }, provider, .. }, Event::Response(response)) => {
                let answer =
                    TokenResponse::read(response).map_err(|error| client.note_refusal(error))?;
                let LoginState { nonce, asked, .. } = login;
                let job = Verification {
                    client: Arc::clone(&client),
                    provider,
                    binding: Binding::Nonce(nonce),
                    asked,
                    answer,
                    refetched: false,
                };
                identify(client, VerifyTokens::new(job).step(Event::Begin, cx)?)
            }
            (Call::Token { code, provider, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => {
                    Self::with(client, Call::Token { code, provider, retry }).step(Event::Begin, cx)
                }
                None => Ok(Next::GiveUp),
            },
            (Call::VerifyTokens(flow), event) => identify(client, flow.step(event, cx)?),
        }
    }
}
