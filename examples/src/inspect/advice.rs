//! What to do about a failed check.

use itsme_core::explain::Document;

const CLOCK_FAST: &str = "compare the clocks with `doctor`: yours might be fast. If it is right, the document is old: \
    use `--at` to check it as of the time of the refusal";
const CLOCK_SLOW: &str = "compare the clocks with `doctor`: yours might be slow";
const OTHER_ENVIRONMENT: &str = "compare the environment in your settings with the one that the document is from: \
    sandbox and production have different issuers and keys";
const OTHER_CLIENT: &str = "compare the client ID in your settings with the one that itsme assigned, and check whether \
    two applications share a session store";
const BROKEN: &str = "if you copied the whole document, the OP is at fault: send the names above, without values, to \
    its support team";
const COPIED: &str = "check that you copied the whole token. If you did, the OP does not create tokens as agreed: send \
    the header to its support team";
const OTHER_LOGIN: &str = "check that parallel logins in one browser are kept separate: store each login state under \
    its `id()`, and remove it when it is used. If you already do so, treat this as an attack";
const BEGIN_AGAIN: &str = "let the user start again. If this happens to many users, check that the session cookie is \
    `SameSite=Lax` and that the login state is stored under its `id()`";

/// The advice for a recording that cannot be opened.
pub const SEALED: &str = "the recording is sealed to the key that was published when it was made: pass the complete recording and a key file that \
    still contains this key";

/// Returns the advice for a failed check of `itsme-core`.
pub fn on(document: Document, check: &str) -> &'static str {
    match (document, check) {
        (Document::Encryption, "encryption") => {
            "ask itsme to encrypt this client's tokens: your key set or your secret must be registered for encryption"
        }
        (Document::Encryption, "alg" | "direct enc" | "direct key" | "enc") => {
            "compare the registration with your settings: tokens are encrypted with `RSA-OAEP` if you have keys, and \
                with `dir` if you have a secret"
        }
        (Document::Encryption, "kid") => {
            "compare the published keys with the key file, using `doctor --jwks-url`: the OP encrypts to a key that is \
             missing from the file. Keep an old key in the file for a day after a rotation"
        }
        (Document::Encryption, "decryption") => {
            "compare the published keys with the key file, using `doctor --jwks-url`: the OP encrypts to a different \
                key, or the token was changed in transit"
        }
        (Document::Encryption, _) => COPIED,
        (Document::Signature, "signature") => {
            "fetch the OP's keys again with `--fetch`, because they can change. If the key is still not among them, the \
                token was issued in a different environment or by a different issuer"
        }
        (Document::Signature, "alg") => {
            "compare the registration with your settings: it must be RS256, or HS256 if you agreed on that for a \
                client with a secret (`--hs256`)"
        }
        (Document::Signature, "typ") => {
            "this is a different kind of token: check which member of the response it was taken from"
        }
        (Document::Signature, _) => COPIED,
        (Document::IdToken | Document::Userinfo, "exp") => CLOCK_FAST,
        (Document::IdToken | Document::Userinfo, "iat" | "nbf") => CLOCK_SLOW,
        (Document::IdToken | Document::Userinfo, "age") => {
            "compare the clocks with `doctor`: yours might be fast. If it is right, the token belongs to a different \
                login"
        }
        (Document::IdToken | Document::Userinfo, "iss") => OTHER_ENVIRONMENT,
        (Document::IdToken | Document::Userinfo, "aud" | "azp") => OTHER_CLIENT,
        (Document::IdToken | Document::Userinfo, "other aud") => {
            "ask itsme who the other audience is. If it is yours, add it with `Settings::other_audience`"
        }
        (Document::IdToken, "nonce" | "auth_req_id" | "at_hash") => OTHER_LOGIN,
        (Document::IdToken, "known user") => {
            "nothing is wrong with the deployment: a different user answered on the phone. Let the user start again"
        }
        (Document::IdToken, "acr") => {
            "ask itsme which level is enabled for the service, and request that level or a lower one"
        }
        (Document::IdToken, "auth_time") => {
            "let the user start again. If this happens to many users, request a longer `max_age`"
        }
        (Document::Userinfo, "same sub") => OTHER_LOGIN,
        (Document::IdToken | Document::Userinfo, _) => BROKEN,
        (Document::Evidence, "same sub") => {
            "one of the tokens belongs to a different user: store it separately"
        }
        (Document::Evidence, "iss" | "aud") => {
            "the tokens were not issued to the client named in the archive: find out who wrote it"
        }
        (Document::Evidence, _) => BROKEN,
        (Document::TokenAnswer, _) => {
            "if you copied the whole response, tell the OP's support team what is missing from it"
        }
        (Document::Callback, "client") => OTHER_CLIENT,
        (Document::Callback, "iss" | "promised iss") => OTHER_ENVIRONMENT,
        (Document::Callback, "code") => "see the note below",
        (Document::Callback, "age") => {
            "let the user start again. If this happens to many users, compare the clocks of your instances, or set a \
                longer `Settings::login_lifetime`"
        }
        (Document::Callback, _) => BEGIN_AGAIN,
        (Document::Metadata, "issuer") => {
            "write the issuer in your settings exactly as in this document, with or without a trailing slash. If it is \
                a different issuer, the URL of the document is wrong"
        }
        (
            Document::Metadata | Document::ServiceEndpoint,
            "token_endpoint" | "userinfo_endpoint" | "address",
        ) => {
            "if the OP really uses this host, add it with `Settings::endpoint_host`. Otherwise, trust nothing in this \
                document"
        }
        (Document::Metadata, _) => {
            "tell the OP's support team; the response might also have come from a proxy or a captive portal in between"
        }
        (Document::ServiceEndpoint, _) => "use an OP that offers this service",
        (Document::KeySet, _) => {
            "tell the OP's support team which keys are ignored, and why; the response might also have come from a proxy in \
                between"
        }
        (Document::Key, _) => {
            "if another key in the set is usable, do nothing: this key is ignored"
        }
        _ => BROKEN,
    }
}

/// Returns the advice for the error code of a refusal.
pub fn on_code(code: &str) -> &'static str {
    match code {
        "access_denied" => "do nothing: the user cancelled",
        "invalid_client" | "unauthorized_client" | "invalid_request_object" => {
            "run `doctor --jwks-url` with the settings of the deployment: the published keys, the clock or the \
                registration (client ID, keys or secret) does not match what the OP expects"
        }
        "invalid_grant" | "expired_token" | "invalid_token" | "expired_login_hint_token" => {
            "let the user start again: the code had already been redeemed, was redeemed too late, or was redeemed with \
                a different redirect URI"
        }
        "server_error"
        | "temporarily_unavailable"
        | "temporary_unavailable"
        | "slow_down"
        | "authorization_pending" => {
            "try again in a few minutes; if it persists, give itsme's support team the `uid`"
        }
        "invalid_scope" => "compare the service code and the scopes with those that itsme assigned",
        "invalid_redirect_uri" => "compare the redirect URI with the registered one, byte for byte",
        _ => "look up the code in docs/guide/errors.md, and inspect the authorization URL",
    }
}
