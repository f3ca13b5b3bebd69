import { createHash } from "node:crypto";
import { compactDecrypt } from "jose";
import * as client from "openid-client";

/** `options` are passed to `client.discovery`. */
export async function connect(issuer, clientId, secret, options) {
  const algorithms = { id_token_signed_response_alg: "RS256", userinfo_signed_response_alg: "RS256" };
  const authenticate = client.ClientSecretPost(secret);
  const config = await client.discovery(new URL(issuer), clientId, algorithms, authenticate, options);

  // The library decrypts only with private keys, so jose decrypts first and the library checks the result.
  const key = createHash("sha256").update(secret).digest();
  const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
  const decrypt = async (jwe) => new TextDecoder().decode((await compactDecrypt(jwe, key, only)).plaintext);
  const { token_endpoint, userinfo_endpoint } = config.serverMetadata();
  config[client.customFetch] = async (url, init) => {
    const answer = await fetch(url, init);
    if (answer.ok && url === token_endpoint) {
      const tokens = await answer.json();
      return Response.json({ ...tokens, id_token: await decrypt(tokens.id_token) });
    }
    if (answer.ok && url === userinfo_endpoint) {
      const userinfo = await decrypt((await answer.text()).trim());
      return new Response(userinfo, { headers: { "content-type": "application/jwt" } });
    }
    return answer;
  };
  client.enableNonRepudiationChecks(config);
  return config;
}
