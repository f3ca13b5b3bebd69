import time

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwe


def key(keys, use):
    return next(key for key in keys if key.get("use") == use)


def encrypt(token, itsme_keys):
    """Encrypts a signed token to itsme."""
    to = key(itsme_keys, "enc")
    header = {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "cty": "JWT", "kid": to.kid}
    return jwe.encrypt_compact(header, token.encode(), to, algorithms=[header["alg"], header["enc"]])


class Assertion(PrivateKeyJWT):
    """Authlib's `private_key_jwt`, encrypted to itsme."""

    def __init__(self, token_endpoint, itsme_keys):
        super().__init__(token_endpoint)
        self.itsme_keys = itsme_keys

    def sign(self, auth, token_endpoint):
        # Set these anew each time: Authlib adds the `jti` to them, which must be used only once.
        self.headers = {"kid": auth.client_secret.kid, "typ": "JWT"}
        self.claims = {"exp": int(time.time()) + 300}
        return encrypt(super().sign(auth, token_endpoint), self.itsme_keys)


def session(client_id, private_keys, redirect_uri, metadata, itsme_keys):
    """`private_keys` is a `joserfc.jwk.KeySet`, which is also used to decrypt tokens."""
    session = OAuth2Session(
        client_id, key(private_keys, "sig"), redirect_uri=redirect_uri,
        token_endpoint_auth_method="private_key_jwt",
    )
    session.register_client_auth_method(Assertion(metadata["token_endpoint"], itsme_keys))
    return session
