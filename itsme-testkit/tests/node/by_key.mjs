import { CompactEncrypt, importJWK } from "jose";
import * as client from "openid-client";

const OAEP = "RSA-OAEP-256";

/** Reads a private JWK set: one signing key, and all keys to which itsme may encrypt. */
export async function readKeys(jwks) {
  const read = async (use, alg) => {
    const own = jwks.keys.filter((jwk) => jwk.use === use);
    return Promise.all(own.map(async (jwk) => ({ kid: jwk.kid, key: await importJWK(jwk, alg) })));
  };
  const [signing] = await read("sig", "RS256");
  return { signing, decrypting: await read("enc", OAEP) };
}

/** `options` are passed to `client.discovery`. */
export async function connect(issuer, clientId, keys, options) {
  const authenticate = async (server, metadata, body, headers) => {
    const forItsme = (header, payload) => {
      // The library sets `aud` to the issuer, but itsme requires the token endpoint.
      payload.aud = server.token_endpoint;
      header.typ = "JWT";
    };
    const sign = client.PrivateKeyJwt(keys.signing, { [client.modifyAssertion]: forItsme });
    await sign(server, metadata, body, headers);
  };
  const algorithms = { id_token_signed_response_alg: "RS256", userinfo_signed_response_alg: "RS256" };
  const config = await client.discovery(new URL(issuer), clientId, algorithms, authenticate, options);
  client.enableDecryptingResponses(config, ["A128CBC-HS256", "A256GCM"], ...keys.decrypting);
  // Without this, the library decrypts but does not check signatures.
  client.enableNonRepudiationChecks(config);
  return config;
}

/** Encrypts a signed JWT to itsme. In production, cache the key set for a few minutes. */
export async function encrypt(config, jwt) {
  const answer = await fetch(config.serverMetadata().jwks_uri);
  const { keys } = await answer.json();
  const jwk = keys.find((key) => key.use === "enc");
  return new CompactEncrypt(new TextEncoder().encode(jwt))
    .setProtectedHeader({ alg: OAEP, enc: "A128CBC-HS256", cty: "JWT", kid: jwk.kid })
    .encrypt(await importJWK(jwk, OAEP));
}
