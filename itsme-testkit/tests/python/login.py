from urllib.parse import parse_qsl, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwe, jwt

ENCRYPTION = ["RSA-OAEP", "RSA-OAEP-256", "dir", "A128CBC-HS256", "A256GCM"]


def prepare(service):
    """Returns what to request, and what to keep in the user's session until they return."""
    pending = {
        "state": generate_token(32), "nonce": generate_token(32), "code_verifier": generate_token(48),
    }
    parameters = {
        "scope": f"openid service:{service} email",
        "claims": {"id_token": {"given_name": {"essential": True}}},
        "state": pending["state"],
        "nonce": pending["nonce"],
        "code_challenge": create_s256_code_challenge(pending["code_verifier"]),
        "code_challenge_method": "S256",
    }
    # Redirect to `session.create_authorization_url(endpoint, **parameters)`, with `claims` as JSON.
    return parameters, pending


def read(token, decryption, itsme_keys):
    """Reads a token that itsme has signed and encrypted to the client."""
    outer = jwe.decrypt_compact(token.strip(), decryption, algorithms=ENCRYPTION)
    return jwt.decode(outer.plaintext.decode(), itsme_keys, algorithms=["RS256"])


def say_why(response):
    """Raises an error with itsme's `detail`, which Authlib does not read."""
    if response.status_code >= 400:
        answer = response.json()
        raise OAuthError(answer.get("error"), answer.get("detail") or answer.get("error_description"))
    return response


def finish(session, metadata, itsme_keys, decryption, callback, pending):
    """`callback` is the URL at which the user came back; `pending` is from the user's session."""
    answer = dict(parse_qsl(urlsplit(callback).query))
    if "error" in answer:
        # Without this check, Authlib would request tokens anyway.
        raise OAuthError(answer["error"], answer.get("error_description"))
    session.register_compliance_hook("access_token_response", say_why)
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=callback, state=pending["state"],
        code_verifier=pending["code_verifier"], timeout=30,
    )
    token = read(tokens["id_token"], decryption, itsme_keys)
    expected = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": session.client_id},
    }
    of_this_login = {"nonce": pending["nonce"], "client_id": session.client_id}
    id_token = CodeIDToken(token.claims, token.header, expected, of_this_login)
    id_token.validate(leeway=60)

    # itsme returns claims requested by scope only from userinfo.
    answer = session.get(metadata["userinfo_endpoint"], timeout=30)
    answer.raise_for_status()
    userinfo = read(answer.text, decryption, itsme_keys).claims
    if userinfo["sub"] != id_token["sub"]:
        raise ValueError("userinfo is for a different user")
    return id_token, userinfo
