import * as client from "openid-client";

/** Returns the URL for a login whose parameters are signed and, if `encrypt` is given, encrypted. */
export async function byRequestObject(config, signing, parameters, encrypt) {
  const url = await client.buildAuthorizationUrlWithJAR(config, parameters, signing);
  const signed = url.searchParams.get("request");
  url.searchParams.set("request", encrypt ? await encrypt(config, signed) : signed);
  // The library sends these only in the request object, but itsme also requires them outside it.
  url.searchParams.set("response_type", "code");
  for (const name of ["scope", "redirect_uri", "state"]) {
    url.searchParams.set(name, parameters[name]);
  }
  return url;
}
