//! What to do about a check that failed.

use itsme_core::explain::Document;

const CLOCK_FAST: &str = "compare the clocks with `doctor`: yours may be fast; if it is right, the text is old, and \
    `--at` gives the time of the refusal";
const CLOCK_SLOW: &str = "compare the clocks with `doctor`: yours may be slow";
const OTHER_ENVIRONMENT: &str = "compare the environment in your settings with where the text comes from: sandbox and \
    production have issuers and keys of their own";
const OTHER_CLIENT: &str = "compare the client id in your settings with the one that itsme gave out, and look whether two \
    applications share a session store";
const BROKEN: &str = "if the text was copied whole, the OP made it so: send the names above, without values, to its support";
const COPIED: &str = "was the token copied whole? If it was, the OP makes tokens otherwise than agreed: send the header \
    to its support";
const OTHER_LOGIN: &str = "look whether parallel logins of one browser are kept apart: each login state is stored under \
    its `id()` and taken out once; if they are, treat it as an attack";
const BEGIN_AGAIN: &str = "let the person begin again; if it happens to many, look whether the session cookie is \
    `SameSite=Lax` and the login state is stored under its `id()`";

/// For a recording that does not open.
pub const SEALED: &str = "it was sealed to the key that was published when it was made: give a file that still has that key, \
    and the whole text";

/// For a check of core's lists.
pub fn on(document: Document, check: &str) -> &'static str {
    match (document, check) {
        (Document::Encryption, "encryption") => {
            "ask itsme to encrypt the tokens of this client: your key set, or the secret, must be registered for that"
        }
        (Document::Encryption, "alg" | "direct enc" | "direct key" | "enc") => {
            "compare the registration with your settings: with keys, tokens are encrypted by `RSA-OAEP`; with a secret, by `dir`"
        }
        (Document::Encryption, "kid") => {
            "compare what is published with the key file by `doctor --jwks-url`: the OP encrypts to a key that the file has \
             not; keep an old key in the file for a day after a rotation"
        }
        (Document::Encryption, "decryption") => {
            "compare what is published with the key file by `doctor --jwks-url`: the OP encrypts to another key, or the token \
             was changed on the way"
        }
        (Document::Encryption, _) => COPIED,
        (Document::Signature, "signature") => {
            "fetch the OP's keys again (`--fetch`): they change. If the key is still not among them, the token comes \
             from another environment, or from somebody else"
        }
        (Document::Signature, "alg") => {
            "compare the registration with your settings: RS256, or HS256 with a secret if that was agreed (`--hs256`)"
        }
        (Document::Signature, "typ") => {
            "this is another kind of token: look which member of the answer it was taken from"
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
            "ask itsme who the other audience is; if it is yours, name it by `Settings::other_audience`"
        }
        (Document::IdToken, "nonce" | "auth_req_id" | "at_hash") => OTHER_LOGIN,
        (Document::IdToken, "known user") => {
            "nothing is wrong with the deployment: somebody else holds the phone. Let the person begin again"
        }
        (Document::IdToken, "acr") => {
            "ask itsme which level the service has; ask for no more than that"
        }
        (Document::IdToken, "auth_time") => {
            "let the person begin again; if it happens to many, ask for a longer `max_age`"
        }
        (Document::Userinfo, "same sub") => OTHER_LOGIN,
        (Document::IdToken | Document::Userinfo, _) => BROKEN,
        (Document::Evidence, "same sub") => "one of the tokens is another person's: keep it apart",
        (Document::Evidence, "iss" | "aud") => {
            "the tokens were not made for the client that is named in the archive: find out who wrote it"
        }
        (Document::Evidence, _) => BROKEN,
        (Document::TokenAnswer, _) => {
            "if the answer was copied whole, tell the OP's support what it lacks"
        }
        (Document::Callback, "client") => OTHER_CLIENT,
        (Document::Callback, "iss" | "promised iss") => OTHER_ENVIRONMENT,
        (Document::Callback, "code") => "see the note below",
        (Document::Callback, "age") => {
            "let the person begin again; if it happens to many, compare the clocks of your instances, or set a longer \
             `Settings::login_lifetime`"
        }
        (Document::Callback, _) => BEGIN_AGAIN,
        (Document::Metadata, "issuer") => {
            "write the issuer in your settings as this document does, with or without the slash; if it is another one, the \
             address leads elsewhere"
        }
        (
            Document::Metadata | Document::ServiceEndpoint,
            "token_endpoint" | "userinfo_endpoint" | "address",
        ) => {
            "if the OP is yours and has that host, name it by `Settings::endpoint_host`; otherwise trust nothing of this document"
        }
        (Document::Metadata, _) => {
            "tell the OP's support; a proxy or a portal in between may have answered"
        }
        (Document::ServiceEndpoint, _) => "use that service at an OP that has it",
        (Document::KeySet, _) => {
            "tell the OP's support which keys are passed over, and why; a proxy in between may have answered"
        }
        (Document::Key, _) => "nothing, if another key of the set serves: this one is passed over",
        _ => BROKEN,
    }
}

/// For the code of a refusal.
pub fn on_code(code: &str) -> &'static str {
    match code {
        "access_denied" => "nothing: the person cancelled",
        "invalid_client" | "unauthorized_client" | "invalid_request_object" => {
            "run `doctor --jwks-url` with the settings of the deployment: the published keys, the clock, or the registration \
             (client id, keys or secret) is not what the OP has"
        }
        "invalid_grant" | "expired_token" | "invalid_token" | "expired_login_hint_token" => {
            "let the person begin again: the code was redeemed before, or too late, or with another redirect URI"
        }
        "server_error"
        | "temporarily_unavailable"
        | "temporary_unavailable"
        | "slow_down"
        | "authorization_pending" => {
            "try again in some minutes; if it lasts, give itsme's support the `uid`"
        }
        "invalid_scope" => "compare the service code and the scopes with what itsme gave out",
        "invalid_redirect_uri" => "compare the redirect URI with the registered one, byte for byte",
        _ => "look the code up in docs/guide/errors.md, and inspect the authorization URL",
    }
}
