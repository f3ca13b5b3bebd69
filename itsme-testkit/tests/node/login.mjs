import * as client from "openid-client";

/** Returns what to request, and what to keep in the user's session until they return. */
export async function prepare(service, redirectUri) {
  const pending = {
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
  };
  const parameters = {
    scope: `openid service:${service} email`,
    redirect_uri: redirectUri,
    claims: JSON.stringify({ id_token: { given_name: { essential: true } } }),
    state: pending.expectedState,
    nonce: pending.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pending.pkceCodeVerifier),
    code_challenge_method: "S256",
  };
  // Redirect the user to `client.buildAuthorizationUrl(config, parameters)`.
  return { parameters, pending };
}

/** `callback` is the URL at which the user came back; `pending` is from the user's session. */
export async function finish(config, callback, pending) {
  const tokens = await client.authorizationCodeGrant(config, new URL(callback), pending);
  const idToken = tokens.claims();
  // itsme returns claims requested by scope only from userinfo.
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, idToken.sub);
  return { idToken, userinfo };
}
