use std::sync::Arc;

use crate::{
    authorization::{
        callback::{Answer, Callback, Outcome},
        state::LoginState,
    },
    client_auth::inner::RelyingParty,
    error::{CallbackError, Error, ErrorCode},
    flow::{
        machine::{Event, Machine, Moment, Next},
        retry::Retry,
    },
    ground::secret::Secret,
    provider::{Provider, fetch::FetchProvider},
    tokens::{
        id_token::Binding,
        logged_in::LoggedIn,
        response::{TokenAnswer, token_request},
        verify::{Identify, Job},
    },
};

/// The flow behind [`Client::user`](crate::Client::user): from the callback to the person.
///
/// Metadata and keys are fetched before the code is redeemed, because a code works once: what
/// fails before that can be tried again.
pub(crate) struct FinishLogin {
    rp: Arc<RelyingParty>,
    call: Call,
}

/// Each but the first is a request.
enum Call {
    Callback { login: LoginState, callback: Callback },
    Provider { code: Code, fetch: FetchProvider },
    Token { code: Code, provider: Arc<Provider>, retry: Retry },
    Identify(Identify),
}

/// A code that came back to this login.
struct Code {
    login: LoginState,
    code: Secret,
    iss: Option<String>,
}

impl FinishLogin {
    pub(crate) fn new(rp: &Arc<RelyingParty>, login: LoginState, callback: Callback) -> Self {
        Self { rp: Arc::clone(rp), call: Call::Callback { login, callback } }
    }

    fn with(rp: Arc<RelyingParty>, call: Call) -> Self {
        Self { rp, call }
    }
}

/// Reads the callback as the answer to this login, or as the reason why there is no code.
fn code(
    rp: &RelyingParty,
    login: LoginState,
    callback: Callback,
    at: &Moment<'_>,
) -> Result<Code, Error> {
    let settings = &rp.settings;
    let issuer = settings.environment.issuer();
    if !login.is_of(&settings.client_id, issuer) {
        return Err(CallbackError::ForeignClient.into());
    }
    let Answer { iss, outcome } = callback.read(login.id())?;
    // Once the metadata is there, it is held against its issuer.
    if iss.as_deref().is_some_and(|iss| !settings.environment.accepts(iss)) {
        return Err(CallbackError::ForeignIssuer.into());
    }
    if let Some(known) = rp.cache.peek() {
        check_issuer(iss.as_deref(), &known)?;
    }
    let code = match outcome {
        Outcome::Code(code) => code,
        // The person's own choice is not an error of anybody.
        Outcome::Refusal(refusal) if refusal.code == ErrorCode::AccessDenied => {
            return Err(Error::Cancelled);
        }
        Outcome::Refusal(refusal) => return Err(rp.refused(refusal)),
    };
    if login.is_expired(at.now, settings.login_lifetime, settings.clock_leeway) {
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
    rp: Arc<RelyingParty>,
    code: Code,
    fetching: Next<FetchProvider>,
    at: &mut Moment<'_>,
) -> Result<Next<FinishLogin>, Error> {
    fetching.within(
        (rp, code),
        |fetch, (rp, code)| FinishLogin::with(rp, Call::Provider { code, fetch }),
        |provider, (rp, code)| {
            check_issuer(code.iss.as_deref(), &provider)?;
            FinishLogin::with(rp, Call::Token { code, provider, retry: Retry::IfNotSent })
                .step(Event::Begin, at)
        },
    )
}

fn identify(
    rp: Arc<RelyingParty>,
    identifying: Next<Identify>,
) -> Result<Next<FinishLogin>, Error> {
    identifying.within(
        rp,
        |identify, rp| FinishLogin::with(rp, Call::Identify(identify)),
        |logged_in, _| Ok(Next::Done(logged_in)),
    )
}

impl Machine for FinishLogin {
    type Output = LoggedIn;

    fn step(self, event: Event, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, call } = self;
        match (call, event) {
            (Call::Callback { login, callback }, event) => {
                let code = code(&rp, login, callback, at)?;
                let fetching = FetchProvider::fresh(&rp).step(event, at)?;
                provider(rp, code, fetching, at)
            }
            (Call::Provider { code, fetch }, event) => {
                provider(rp, code, fetch.step(event, at)?, at)
            }
            (Call::Token { code, provider: op, retry }, Event::Begin) => {
                let authentication = rp.authentication(&op, &op.metadata.token_endpoint, at)?;
                let grant = [
                    ("grant_type", "authorization_code"),
                    ("code", code.code.expose()),
                    ("redirect_uri", code.login.redirect_uri.as_str()),
                    ("code_verifier", code.login.code_verifier.expose()),
                ];
                let request = token_request(&op.metadata, &grant, &authentication);
                let call = Call::Token { code, provider: op, retry };
                drop(authentication);
                Ok(Next::Send(request, Self { rp, call }))
            }
            (Call::Token { code: Code { login, .. }, provider, .. }, Event::Response(response)) => {
                let answer = TokenAnswer::read(response).map_err(|error| rp.told(error))?;
                let LoginState { nonce, asked, .. } = login;
                let job = Job {
                    rp: Arc::clone(&rp),
                    provider,
                    binding: Binding::Nonce(nonce),
                    asked,
                    answer,
                    refetched: false,
                };
                identify(rp, Identify::new(job).step(Event::Begin, at)?)
            }
            (Call::Token { code, provider, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => {
                    Self::with(rp, Call::Token { code, provider, retry }).step(Event::Begin, at)
                }
                None => Ok(Next::GiveUp),
            },
            (Call::Identify(flow), event) => identify(rp, flow.step(event, at)?),
        }
    }
}
