import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import * as client from "openid-client";
import { connect, readKeys } from "./by_key.mjs";
import { finish, prepare } from "./login.mjs";

const keys = await readKeys(JSON.parse(readFileSync("keys.json", "utf8")));
// Only for the sandbox, which has no TLS.
const options = { execute: [client.allowInsecureRequests] };
const config = await connect("http://127.0.0.1:8811/v2", "TEST_CLIENT", keys, options);

const { parameters, pending } = await prepare("TEST_LOGIN", "http://127.0.0.1:8080/itsme/callback");
console.log(`Open ${client.buildAuthorizationUrl(config, parameters)} and approve the login.`);
const terminal = createInterface({ input: process.stdin, output: process.stdout });
const callback = await terminal.question("Paste the address of the page that cannot be loaded: ");
terminal.close();
const { idToken, userinfo } = await finish(config, callback, pending);
console.log(`${idToken.given_name} has logged in: ${idToken.sub}, ${userinfo.email}`);
