//! What to do about a failed check.

use itsme_core::explain::Document;

const CLOCK_FAST: &str = "compare the clocks with `doctor`: yours may be fast; if it is right, the text is old: \
    use `--at` with the time of the refusal";
const CLOCK_SLOW: &str = "compare the clocks with `doctor`: yours may be slow";
const OTHER_ENVIRONMENT: &str = "compare the environment in your settings with the origin of the text: sandbox and \
    production have different issuers and keys";
const OTHER_CLIENT: &str = "compare the client id in your settings with the one that itsme assigned, and check whether two \
    applications share a session store";
const BROKEN: &str = "if you copied all of the text, the OP is at fault: send the names above, without values, to its support";
const COPIED: &str = "did you copy all of the token? If so, the OP does not make tokens as agreed: send the header \
    to its support";
const OTHER_LOGIN: &str = "check that parallel logins of one browser are kept apart: each login state is stored under \
    its `id()` and taken out once; if they are, treat it as an attack";
const BEGIN_AGAIN: &str = "let the person start again; if it happens to many, check that the session cookie is \
    `SameSite=Lax` and the login state is stored under its `id()`";

/// For a recording that does not open.
pub const SEALED: &str = "it was sealed to the key that was published when it was made: pass a file that still has that key, \
    and the complete text";

/// For one of core's checks.
pub fn on(document: Document, check: &str) -> &'static str {
    match (document, check) {
        (Document::Encryption, "encryption") => {
            "ask itsme to encrypt the tokens of this client: your key set, or the secret, must be registered for that"
        }
        (Document::Encryption, "alg" | "direct enc" | "direct key" | "enc") => {
            "compare the registration with your settings: with keys, tokens are encrypted by `RSA-OAEP`; with a secret, by `dir`"
        }
        (Document::Encryption, "kid") => {
            "compare the published keys with the key file, using `doctor --jwks-url`: the OP encrypts to a key that the file \
             lacks; keep an old key in the file for a day after a rotation"
        }
        (Document::Encryption, "decryption") => {
            "compare the published keys with the key file, using `doctor --jwks-url`: the OP encrypts to another key, or the token \
             was changed on the way"
        }
        (Document::Encryption, _) => COPIED,
        (Document::Signature, "signature") => {
            "fetch the OP's keys again with `--fetch`: they change. If the key is still not among them, the token comes \
             from another environment or from someone else"
        }
        (Document::Signature, "alg") => {
            "compare the registration with your settings: RS256, or HS256 with a secret if that was agreed (`--hs256`)"
        }
        (Document::Signature, "typ") => {
            "this is another kind of token: check which member of the answer it was taken from"
        }
        (Document::Signature, _) => COPIED,
        (Document::IdToken | Document::Userinfo, "exp") => CLOCK_FAST,
        (Document::IdToken | Document::Userinfo, "iat" | "nbf") => CLOCK_SLOW,
        (Document::IdToken | Document::Userinfo, "age") => {
            "compare the clocks with `doctor`: yours may be fast; if it is right, the token answers another login"
        }
        (Document::IdToken | Document::Userinfo, "iss") => OTHER_ENVIRONMENT,
        (Document::IdToken | Document::Userinfo, "aud" | "azp") => OTHER_CLIENT,
        (Document::IdToken | Document::Userinfo, "other aud") => {
            "ask itsme who the other audience is; if it is yours, add it with `Settings::other_audience`"
        }
        (Document::IdToken, "nonce" | "auth_req_id" | "at_hash") => OTHER_LOGIN,
        (Document::IdToken, "known user") => {
            "nothing is wrong with the deployment: someone else holds the phone. Let the person start again"
        }
        (Document::IdToken, "acr") => {
            "ask itsme which level the service has, and request no more than that"
        }
        (Document::IdToken, "auth_time") => {
            "let the person start again; if it happens to many, request a longer `max_age`"
        }
        (Document::Userinfo, "same sub") => OTHER_LOGIN,
        (Document::IdToken | Document::Userinfo, _) => BROKEN,
        (Document::Evidence, "same sub") => {
            "one of the tokens belongs to another person: store it separately"
        }
        (Document::Evidence, "iss" | "aud") => {
            "the tokens were not issued to the client named in the archive: find out who wrote it"
        }
        (Document::Evidence, _) => BROKEN,
        (Document::TokenAnswer, _) => {
            "if you copied all of the answer, tell the OP's support what it lacks"
        }
        (Document::Callback, "client") => OTHER_CLIENT,
        (Document::Callback, "iss" | "promised iss") => OTHER_ENVIRONMENT,
        (Document::Callback, "code") => "see the note below",
        (Document::Callback, "age") => {
            "let the person start again; if it happens to many, compare the clocks of your instances, or set a longer \
             `Settings::login_lifetime`"
        }
        (Document::Callback, _) => BEGIN_AGAIN,
        (Document::Metadata, "issuer") => {
            "write the issuer in your settings exactly as in this document, with or without the slash; if it is another issuer, the \
             address is wrong"
        }
        (
            Document::Metadata | Document::ServiceEndpoint,
            "token_endpoint" | "userinfo_endpoint" | "address",
        ) => {
            "if the OP really has that host, add it with `Settings::endpoint_host`; otherwise trust nothing in this document"
        }
        (Document::Metadata, _) => {
            "tell the OP's support; a proxy or a portal in between may have answered"
        }
        (Document::ServiceEndpoint, _) => "use an OP that offers this service",
        (Document::KeySet, _) => {
            "tell the OP's support which keys are ignored, and why; a proxy in between may have answered"
        }
        (Document::Key, _) => "nothing, if another key of the set is usable: this one is ignored",
        _ => BROKEN,
    }
}

/// For the error code of a refusal.
pub fn on_code(code: &str) -> &'static str {
    match code {
        "access_denied" => "nothing: the person cancelled",
        "invalid_client" | "unauthorized_client" | "invalid_request_object" => {
            "run `doctor --jwks-url` with the settings of the deployment: the published keys, the clock, or the registration \
             (client id, keys or secret) is not what the OP has"
        }
        "invalid_grant" | "expired_token" | "invalid_token" | "expired_login_hint_token" => {
            "let the person start again: the code was redeemed before, or too late, or with another redirect URI"
        }
        "server_error"
        | "temporarily_unavailable"
        | "temporary_unavailable"
        | "slow_down"
        | "authorization_pending" => {
            "try again in a few minutes; if it persists, give itsme's support the `uid`"
        }
        "invalid_scope" => "compare the service code and the scopes with those that itsme assigned",
        "invalid_redirect_uri" => "compare the redirect URI with the registered one, byte for byte",
        _ => "look up the code in docs/guide/errors.md, and inspect the authorization URL",
    }
}
