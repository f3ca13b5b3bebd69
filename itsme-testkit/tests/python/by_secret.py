import hashlib

from authlib.integrations.requests_client import OAuth2Session
from joserfc.jwk import OctKey


def session(client_id, secret, redirect_uri):
    return OAuth2Session(
        client_id, secret, redirect_uri=redirect_uri, token_endpoint_auth_method="client_secret_post",
    )


def decryption(secret):
    """Derives the key that itsme encrypts with (OpenID Connect Core, section 10.2)."""
    return OctKey.import_key(hashlib.sha256(secret.encode()).digest())
