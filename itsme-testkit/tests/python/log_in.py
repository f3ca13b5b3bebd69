"""A client that is none of ours, made of Authlib, logs people in at `itsme-op`.

`run` beside this file makes its environment and runs it. It ends with 0 if everything is as it should be.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser

# Authlib asks for https; the sandbox is on loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwe, jwt
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import KeySet, OctKey

REDIRECT_URI = "http://127.0.0.1:8080/callback"
PATIENCE = 30
KEY_ENCRYPTION = ["RSA-OAEP", "RSA-OAEP-256", "dir"]
CONTENT_ENCRYPTION = ["A128CBC-HS256", "A256GCM"]


class Sandbox:
    """A running `itsme-op`."""

    def __init__(self, program, *arguments):
        self.directory = tempfile.TemporaryDirectory()
        keys = pathlib.Path(self.directory.name, "keys.json")
        command = [program, "--listen", "127.0.0.1:0", "--json", "--redirect-uri", REDIRECT_URI]
        self.process = subprocess.Popen(
            [*command, "--write-keys", keys, *arguments], stdout=subprocess.PIPE, text=True
        )
        introduction = self.process.stdout.readline()
        if not introduction:
            raise SystemExit("itsme-op did not start")
        introduction = json.loads(introduction)
        self.issuer = introduction["issuer"]
        self.by_keys, self.by_secret = introduction["clients"]
        self.private_keys = KeySet.import_key_set(json.loads(keys.read_text()))
        self.metadata = OpenIDProviderMetadata(fetch(introduction["discovery"]).json())
        self.keys = KeySet.import_key_set(fetch(self.metadata["jwks_uri"]).json())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.directory.cleanup()


class ByKeys:
    """A client with `private_key_jwt`, whose assertions are signed and encrypted."""

    by_object = [False, True]

    def __init__(self, op, tampered=False):
        self.op, self.tampered = op, tampered
        self.client_id = op.by_keys["client_id"]
        self.service = op.by_keys["services"]["login"][0]
        self.decryption = op.private_keys

    def session(self, **options):
        session = OAuth2Session(
            self.client_id, key(self.op.private_keys, "sig"),
            token_endpoint_auth_method="private_key_jwt", **options,
        )
        session.register_client_auth_method(NestedPrivateKeyJWT(self.op, self.tampered))
        return session


class BySecret:
    """A client with `client_secret_post`, to which tokens are encrypted with the secret itself."""

    by_object = [False]

    def __init__(self, op):
        self.client_id = op.by_secret["client_id"]
        self.service = op.by_secret["services"]["login"][0]
        self.secret = op.by_secret["secret"]
        # OpenID Connect Core, section 10.2.
        digest = hashlib.sha256(self.secret.encode()).digest()
        self.decryption = OctKey.import_key(digest)

    def session(self, **options):
        return OAuth2Session(
            self.client_id, self.secret,
            token_endpoint_auth_method="client_secret_post", **options,
        )


class NestedPrivateKeyJWT(PrivateKeyJWT):
    """Authlib's `private_key_jwt`, encrypted to the OP."""

    def __init__(self, op, tampered):
        super().__init__(op.metadata["token_endpoint"])
        self.op, self.tampered = op, tampered

    def sign(self, auth, token_endpoint):
        self.headers = {"kid": auth.client_secret.kid}
        assertion = super().sign(auth, token_endpoint)
        if self.tampered:
            head, _, signature = assertion.rpartition(".")
            assertion = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
        return encrypt(assertion, self.op)


class SignInPage(HTMLParser):
    """The forms of the sign-in page, by the text on their buttons."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.fields, self.in_button = {}, {}, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.fields = {}
        elif tag == "input":
            self.fields[attributes["name"]] = attributes["value"]
        self.in_button = tag == "button"

    def handle_data(self, text):
        if self.in_button:
            self.forms[text] = self.fields
            self.in_button = False


def fetch(url):
    answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
    answer.raise_for_status()
    return answer


def key(keys, use):
    return next(key for key in keys if key.get("use") == use)


def encrypt(token, op):
    """A signed token, encrypted to the OP."""
    to = key(op.keys, "enc")
    header = {"alg": "RSA-OAEP", "enc": "A128CBC-HS256", "cty": "JWT", "kid": to.kid}
    algorithms = [header["alg"], header["enc"]]
    return jwe.encrypt_compact(header, token.encode(), to, algorithms=algorithms)


def read(token, client, op):
    """The claims of a token that is signed by the OP and encrypted to the client."""
    algorithms = KEY_ENCRYPTION + CONTENT_ENCRYPTION
    outer = jwe.decrypt_compact(token, client.decryption, algorithms=algorithms)
    return jwt.decode(outer.plaintext.decode(), op.keys, algorithms=["RS256"])


def request_object(client, op, parameters):
    """What is asked, signed and encrypted (RFC 9101)."""
    now = int(time.time())
    claims = parameters | {
        "iss": client.client_id, "aud": op.issuer, "iat": now, "exp": now + 300,
        "jti": generate_token(24),
    }
    signer = key(op.private_keys, "sig")
    header = {"alg": "RS256", "kid": signer.kid, "typ": "JWT"}
    return encrypt(jwt.encode(header, claims, signer, algorithms=["RS256"]), op)


def log_in(op, client, by_object=False, expected_nonce=None):
    """The whole way of a login; gives the claims of the ID token and of userinfo."""
    nonce, verifier, state = generate_token(32), generate_token(48), generate_token(32)
    asked = {"id_token": {"given_name": {"essential": True}}, "userinfo": {}}
    session = client.session(
        scope=f"openid service:{client.service} email", redirect_uri=REDIRECT_URI, state=state,
    )
    parameters = {
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    if by_object:
        outside = {
            "client_id": client.client_id, "response_type": "code", "state": state,
            "scope": session.scope, "redirect_uri": REDIRECT_URI,
        }
        inside = outside | parameters | {"claims": asked}
        parameters = {"request": request_object(client, op, inside)}
    else:
        parameters["claims"] = json.dumps(asked)
    endpoint = op.metadata["authorization_endpoint"]
    url, _ = session.create_authorization_url(endpoint, state=state, **parameters)

    # The person: the page, and a click on it.
    form = SignInPage(fetch(url).text).forms["Approve as Ann Peeters"]
    answer = requests.post(endpoint, data=form, timeout=PATIENCE, allow_redirects=False)
    callback = answer.headers["Location"]
    check(callback.startswith(f"{REDIRECT_URI}?"), f"they come back to {callback}")

    answer = session.fetch_token(
        op.metadata["token_endpoint"], authorization_response=callback, state=state,
        code_verifier=verifier, timeout=PATIENCE,
    )
    token = read(answer["id_token"], client, op)
    id_token = CodeIDToken(
        token.claims, token.header,
        {
            "iss": {"essential": True, "value": op.issuer},
            "aud": {"essential": True, "value": client.client_id},
        },
        {
            "nonce": expected_nonce or nonce, "client_id": client.client_id,
            "access_token": answer["access_token"],
        },
    )
    id_token.validate(leeway=60)
    answer = session.get(op.metadata["userinfo_endpoint"], timeout=PATIENCE)
    answer.raise_for_status()
    check(answer.headers["Content-Type"] == "application/jwt", "userinfo is a JWT")
    userinfo = read(answer.text, client, op).claims
    check(userinfo["sub"] == id_token["sub"], "userinfo is about the same person")
    return id_token, userinfo


def check(is_so, what):
    if not is_so:
        raise SystemExit(f"not so: {what}")


def refused(error, what, *arguments, **options):
    """The login must end in this error."""
    try:
        log_in(*arguments, **options)
    except error as refusal:
        print(f"ok  {what} is refused: {refusal}")
    else:
        raise SystemExit(f"{what} is accepted")


def main(program):
    with Sandbox(program) as op:
        op.metadata.validate()
        check(op.metadata["issuer"] == op.issuer, "the metadata is the issuer's")
        print("ok  the metadata is valid")
        subjects = set()
        for client in [ByKeys(op), BySecret(op)]:
            for by_object in client.by_object:
                id_token, userinfo = log_in(op, client, by_object)
                check(id_token["given_name"] == "Ann", "the claim that was asked for is there")
                check(userinfo["email"] == "ann.peeters@mail.example", "so is the address")
                subjects.add((client.client_id, id_token["sub"]))
                how = "a request object" if by_object else "plain parameters"
                print(f"ok  Ann logs in at {client.client_id}, asked by {how}")
        check(len(subjects) == 2, "the same person is the same at the same client alone")

        refused(InvalidClaimError, "another nonce", op, ByKeys(op), expected_nonce="another")
        refused(OAuthError, "a tampered assertion", op, ByKeys(op, tampered=True))
    with Sandbox(program, "--fault", "ID token: signed by another key under the OP's kid") as op:
        refused(JoseError, "a forged ID token", op, ByKeys(op))


if __name__ == "__main__":
    main(sys.argv[1])
