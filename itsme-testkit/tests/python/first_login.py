import json

import requests
from joserfc.jwk import KeySet

import by_key
from login import finish, prepare

issuer = "http://127.0.0.1:8811/v2"
metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
itsme_keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
with open("keys.json") as file:
    private_keys = KeySet.import_key_set(json.load(file))
session = by_key.session(
    "TEST_CLIENT", private_keys, "http://127.0.0.1:8080/itsme/callback", metadata, itsme_keys
)

parameters, pending = prepare("TEST_LOGIN")
parameters["claims"] = json.dumps(parameters["claims"])
url, _ = session.create_authorization_url(metadata["authorization_endpoint"], **parameters)
print(f"Open {url} and approve the login.")
callback = input("Paste the address of the page that cannot be loaded: ")
id_token, userinfo = finish(session, metadata, itsme_keys, private_keys, callback, pending)
print(f"{id_token['given_name']} has logged in: {id_token['sub']}, {userinfo['email']}")
