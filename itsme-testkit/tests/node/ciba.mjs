import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import * as client from "openid-client";

/** Asks the user with this `sub` to approve in the app on their phone. */
export async function ask(config, signing, service, sub) {
  const sign = (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: signing.kid, typ: "JWT" }).sign(signing.key);
  const { client_id } = config.clientMetadata();
  const now = Math.floor(Date.now() / 1000);
  const request = await sign({
    iss: client_id,
    aud: config.serverMetadata().issuer,
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: randomUUID(),
    client_id,
    scope: `openid service:${service}`,
    login_hint_token: await sign({ type: "subject_code", value: sub }),
  });
  return client.initiateBackchannelAuthentication(config, { request });
}

/** Waits until the user has approved. */
export async function wait(config, asked, sub) {
  const tokens = await client.pollBackchannelAuthenticationGrant(config, asked);
  const idToken = tokens.claims();
  if (idToken?.sub !== sub) {
    throw new Error("the ID token is for a different user");
  }
  return idToken;
}
