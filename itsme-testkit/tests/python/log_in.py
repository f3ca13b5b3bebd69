"""An independent client, built on Authlib, logs people in at `itsme-op`.

`run` next to this file creates its environment and runs it. It exits with 0 if everything is as expected.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import KeySet

import by_key
import by_secret
from login import finish, prepare
from request_object import by_request_object

REDIRECT_URI = "http://127.0.0.1:8080/itsme/callback"
PATIENCE = 30
IN_ALL = 180


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

    def __init__(self, op, authentication=None):
        self.client_id = op.by_keys["client_id"]
        self.service = op.by_keys["services"]["login"][0]
        self.decryption = op.private_keys
        self.session = by_key.session(
            self.client_id, op.private_keys, REDIRECT_URI, op.metadata, op.keys
        )
        if authentication:
            self.session.register_client_auth_method(authentication)


class BySecret:
    """A client with `client_secret_post`, to which tokens are encrypted with the secret itself."""

    by_object = [False]

    def __init__(self, op, secret=None):
        self.client_id = op.by_secret["client_id"]
        self.service = op.by_secret["services"]["login"][0]
        self.decryption = by_secret.decryption(op.by_secret["secret"])
        self.session = by_secret.session(
            self.client_id, secret or op.by_secret["secret"], REDIRECT_URI
        )


class Tampered(by_key.Assertion):
    """An assertion with a tampered signature."""

    def sign(self, auth, token_endpoint):
        self.headers, self.claims = {"kid": auth.client_secret.kid}, {}
        head, _, signature = PrivateKeyJWT.sign(self, auth, token_endpoint).rpartition(".")
        other = f"{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
        return by_key.encrypt(f"{head}.{other}", self.itsme_keys)


def asserting(op, **claims):
    """Signed assertions with the wrong claims."""
    headers = {"kid": by_key.key(op.private_keys, "sig").kid}
    return PrivateKeyJWT(op.metadata["token_endpoint"], claims=claims, headers=headers)


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


def log_in(op, client, by_object=False, wrong=lambda parameters, pending: None):
    """A complete login, in which `wrong` may change what is requested and what is expected."""
    parameters, pending = prepare(client.service)
    wrong(parameters, pending)
    endpoint = op.metadata["authorization_endpoint"]
    if by_object:
        url = by_request_object(
            client.session, op.private_keys, op.metadata, op.keys, parameters
        )
    else:
        plain = parameters | {"claims": json.dumps(parameters["claims"])}
        url, _ = client.session.create_authorization_url(endpoint, **plain)

    callback = approve(url, endpoint)
    return finish(client.session, op.metadata, op.keys, client.decryption, callback, pending)


def approve(url, endpoint):
    """Loads the page and clicks, as Ann does. Returns the URL at which she comes back."""
    answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
    if answer.status_code == 200:
        form = SignInPage(answer.text).forms["Approve as Ann Peeters"]
        answer = requests.post(endpoint, data=form, timeout=PATIENCE, allow_redirects=False)
    if "Location" not in answer.headers:
        raise ErrorPage(answer.text)
    callback = answer.headers["Location"]
    check(callback.startswith(f"{REDIRECT_URI}?"), f"they come back to {callback}")
    return callback


def first_login(op):
    """Runs the guide's program, at this sandbox, with Ann instead of the developer."""
    file = pathlib.Path(__file__).with_name("first_login.py")
    program = file.read_text().replace("http://127.0.0.1:8811/v2", op.issuer)
    said = []

    def paste(_):
        url = said[-1].split()[1]
        return approve(url, op.metadata["authorization_endpoint"])

    started_in = os.getcwd()
    os.chdir(op.directory.name)
    try:
        exec(compile(program, file, "exec"), {"print": said.append, "input": paste})
    finally:
        os.chdir(started_in)
    check(said[-1].startswith("Ann has logged in: "), f"the program prints {said}")
    check(said[-1].endswith(", ann.peeters@mail.example"), f"the program prints {said}")
    print("ok  the guide's program logs Ann in")


class ErrorPage(Exception):
    """The OP shows an error page instead of redirecting."""


def check(is_so, what):
    if not is_so:
        raise SystemExit(f"failed: {what}")


def refused(error, reason, what, *arguments, **options):
    """Checks that the login ends in this error, for this reason."""
    try:
        log_in(*arguments, **options)
    except error as refusal:
        check(reason in str(refusal), f"{what} is refused with {reason!r}, but: {refusal}")
        print(f"ok  {what} is refused: {reason}")
    else:
        raise SystemExit(f"{what} was accepted")


def check_chapter():
    """Checks that the guide's code blocks are exactly the files that run here."""
    here = pathlib.Path(__file__).parent
    chapter = (here / "../../../docs/guide/other-languages.md").read_text()
    files = [file for file in here.glob("*.py") if file.name != "log_in.py"]
    for file in files:
        check(f"```python\n{file.read_text()}```\n" in chapter, f"the chapter prints {file.name}")
    check(chapter.count("```python\n") == len(files), "every code block of the chapter is tested")
    print("ok  the chapter prints what is tested here")


def main(program):
    check_chapter()
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not finished after {IN_ALL} seconds"))
    signal.alarm(IN_ALL)
    with Sandbox(program) as op:
        # Here, Authlib requires https; the sandbox is on loopback.
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
        op.metadata.validate()
        del os.environ["AUTHLIB_INSECURE_TRANSPORT"]
        check(op.metadata["issuer"] == op.issuer, "the metadata is the issuer's")
        print("ok  the metadata is valid")
        first_login(op)
        subjects = set()
        for client in [ByKeys(op), BySecret(op)]:
            for by_object in client.by_object:
                id_token, userinfo = log_in(op, client, by_object)
                check(id_token["given_name"] == "Ann", "the requested claim is there")
                check(userinfo["email"] == "ann.peeters@mail.example", "so is the address")
                subjects.add((client.client_id, id_token["sub"]))
                how = "a request object" if by_object else "plain parameters"
                print(f"ok  Ann logs in at {client.client_id}, with {how}")
        check(len(subjects) == 2, "a person has one sub per client")

        refused(
            InvalidClaimError, "nonce", "another nonce", op, ByKeys(op),
            wrong=lambda _, pending: pending.update(nonce="another"),
        )
        refused(
            OAuthError, "code_verifier does not match code_challenge", "another code_verifier",
            op, ByKeys(op), wrong=lambda _, pending: pending.update(code_verifier=generate_token(48)),
        )
        refused(
            OAuthError, "service:ANOTHER is not one of the services of TEST_CLIENT", "an unknown service",
            op, ByKeys(op), wrong=lambda asked, _: asked.update(scope="openid service:ANOTHER"),
        )
        client = ByKeys(op)
        client.session.redirect_uri += "2"
        refused(ErrorPage, "invalid_redirect_uri", "an unknown redirect_uri", op, client)
        token_endpoint = op.metadata["token_endpoint"]
        for what, reason, authentication in [
            ("a tampered assertion", "the signature is wrong", Tampered(token_endpoint, op.keys)),
            (
                "an assertion for another audience",
                f"the assertion's aud must be {token_endpoint}", asserting(op, aud=op.issuer),
            ),
            ("an assertion that has expired", "the assertion's exp is in the past", asserting(op, exp=1)),
        ]:
            refused(OAuthError, reason, what, op, ByKeys(op, authentication))
        refused(OAuthError, "client_secret is wrong", "another secret", op, BySecret(op, "another"))
    with Sandbox(program, "--fault", "ID token: signed by another key under the OP's kid") as op:
        refused(JoseError, "bad_signature", "a forged ID token", op, ByKeys(op))


if __name__ == "__main__":
    main(sys.argv[1])
