import time

from authlib.common.security import generate_token
from joserfc import jwt

from by_key import encrypt, key


def by_request_object(session, private_keys, metadata, itsme_keys, parameters):
    """Returns the URL for a login whose parameters are signed and encrypted (RFC 9101)."""
    # itsme also requires these outside the request object.
    outside = {
        "response_type": "code", "redirect_uri": session.redirect_uri,
        "scope": parameters["scope"], "state": parameters["state"],
    }
    now = int(time.time())
    inside = parameters | outside | {
        "client_id": session.client_id, "iss": session.client_id, "aud": metadata["issuer"],
        "iat": now, "exp": now + 300, "jti": generate_token(24),
    }
    signer = key(private_keys, "sig")
    header = {"alg": "RS256", "kid": signer.kid, "typ": "JWT"}
    request = encrypt(jwt.encode(header, inside, signer, algorithms=["RS256"]), itsme_keys)
    endpoint = metadata["authorization_endpoint"]
    url, _ = session.create_authorization_url(endpoint, request=request, **outside)
    return url
