use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, CibaTicket, Hosted, LoggedIn,
    LoginState, Photo, Progress, QrLogin, Redirect,
};

/// The methods of a client, the same for both adapters, so that each flow is written only once.
/// Every method panics on failure.
pub trait Itsme {
    async fn check_keys(&self);
    async fn authorize(&self, request: AuthorizationRequest) -> Redirect;
    async fn request_object(&self, request: AuthorizationRequest, uri: &str) -> Hosted;
    async fn finish_login(&self, login: LoginState, callback: String) -> LoggedIn;
    async fn picture(&self, who: &LoggedIn) -> Photo;
    async fn next_qr_step(&self, login: QrLogin) -> Progress;
    async fn start_backchannel(&self, request: BackchannelRequest) -> CibaTicket;
    async fn poll_backchannel(&self, ticket: CibaTicket) -> Backchannel;
}

/// Implements [`Itsme`] for a client. The methods of both clients have the same names, but the
/// async client's need `.await`.
macro_rules! itsme {
    ($client:ty $(, .$await:tt)?) => {
        impl Itsme for $client {
            async fn check_keys(&self) {
                <$client>::check_keys(self)$(.$await)?.expect("the keys match the published ones");
            }

            async fn authorize(&self, request: AuthorizationRequest) -> Redirect {
                <$client>::authorize(self, request)$(.$await)?.expect("an authorization URL")
            }

            async fn request_object(&self, request: AuthorizationRequest, uri: &str) -> Hosted {
                let minute = Duration::from_secs(60);
                <$client>::request_object(self, request, uri, minute)$(.$await)?.expect("an object")
            }

            async fn finish_login(&self, login: LoginState, callback: String) -> LoggedIn {
                <$client>::finish_login(self, login, callback)$(.$await)?.expect("a person")
            }

            async fn picture(&self, who: &LoggedIn) -> Photo {
                <$client>::picture(self, who)$(.$await)?.expect("a picture")
            }

            async fn next_qr_step(&self, login: QrLogin) -> Progress {
                <$client>::next_qr_step(self, login)$(.$await)?.expect("progress")
            }

            async fn start_backchannel(&self, request: BackchannelRequest) -> CibaTicket {
                <$client>::start_backchannel(self, request)$(.$await)?.expect("a ticket")
            }

            async fn poll_backchannel(&self, ticket: CibaTicket) -> Backchannel {
                <$client>::poll_backchannel(self, ticket)$(.$await)?.expect("an answer")
            }
        }
    };
}

itsme!(itsme_reqwest::Client, .await);
itsme!(itsme_ureq::Client);
