// An independent client, built on openid-client and jose, logs people in at `itsme-op`.
//
// `run` next to this file installs its libraries and runs it. It exits with 0 if everything is as expected.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as client from "openid-client";
import { connect as connectByKey, encrypt, readKeys } from "./by_key.mjs";
import { connect as connectBySecret } from "./by_secret.mjs";
import { ask, wait } from "./ciba.mjs";
import { finish, prepare } from "./login.mjs";
import { byRequestObject } from "./request_object.mjs";

const REDIRECT_URI = "http://127.0.0.1:8080/itsme/callback";
const HERE = fileURLToPath(new URL(".", import.meta.url));
const PATIENCE = 30_000;
const IN_ALL = 180_000;
// The library requires https; the sandbox is on loopback.
const ON_LOOPBACK = { execute: [client.allowInsecureRequests] };

/** Starts `itsme-op`, and returns its introduction. */
async function startSandbox(program, ...args) {
  const directory = mkdtempSync(join(tmpdir(), "itsme-op-"));
  const keys = join(directory, "keys.json");
  const options = ["--listen", "127.0.0.1:0", "--json", "--redirect-uri", REDIRECT_URI, "--write-keys", keys];
  const op = spawn(program, [...options, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  // However this process ends, end the one that it started, too.
  process.on("exit", () => {
    op.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  op.on("error", (error) => fail(`${program} does not start: ${error.message}`));
  op.on("exit", (code, signal) => fail(`itsme-op ended: ${signal ?? code}`));
  for await (const line of createInterface({ input: op.stdout })) {
    const introduction = JSON.parse(line);
    const [byKeys, bySecret] = introduction.clients;
    const jwks = JSON.parse(readFileSync(keys, "utf8"));
    return { issuer: introduction.issuer, byKeys, bySecret, keys: await readKeys(jwks), keysFile: keys };
  }
}

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}

async function get(url, init) {
  return fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...init });
}

function unescape(html) {
  const characters = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  return html.replace(/&[a-z0-9#]+;/g, (entity) => characters[entity] ?? entity);
}

/** The fields of the form on the page that `chosen` accepts. */
function form(page, chosen) {
  for (const [, inner] of page.matchAll(/<form\b[^>]*>(.*?)<\/form>/gs)) {
    const fields = {};
    for (const [tag] of inner.matchAll(/<input\b[^>]*>/gs)) {
      const attribute = (name) => unescape(tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "");
      fields[attribute("name")] = attribute("value");
    }
    if (chosen(fields)) return fields;
  }
  throw new Error(`no such form on the page: ${page}`);
}

/** Approves on the page as the person would. Returns the URL to which they are redirected. */
async function approve(url) {
  const answer = await get(url);
  const page = await answer.text();
  if (answer.status !== 200) {
    const onward = answer.headers.get("location");
    if (onward) return onward;
    throw new Error(unescape(page));
  }
  const fields = form(page, ({ decision, person }) => decision === "approve" && person === "ann");
  const endpoint = new URL(url);
  endpoint.search = "";
  const clicked = await get(endpoint, { method: "POST", body: new URLSearchParams(fields) });
  const callback = clicked.headers.get("location");
  assert(callback?.startsWith(`${REDIRECT_URI}?`), `they come back to ${callback}`);
  return callback;
}

/** Approves in the app as the person who is asked. */
async function approveOnPhone(issuer, authReqId) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ id: authReqId });
  const done = await get(`${issuer}/control/v1/approve`, { method: "POST", headers, body });
  assert.equal(done.status, 200, await done.text());
}

/** A complete login, in which `wrong` may change the parameters or the pending login. */
async function logIn(config, service, { by = plainly, at = config, wrong = () => {} } = {}) {
  const { parameters, pending } = await prepare(service, REDIRECT_URI);
  wrong(parameters, pending);
  return finish(at, await approve(await by(config, parameters)), pending);
}

const plainly = client.buildAuthorizationUrl;

/** Runs the guide's program at this sandbox, as a developer who approves as Ann and pastes the callback URL. */
async function firstLogin(issuer, keysFile) {
  const program = readFileSync(join(HERE, "first_login.mjs"), "utf8")
    .replace("http://127.0.0.1:8811/v2", issuer)
    .replace('"keys.json"', JSON.stringify(keysFile));
  const options = [...process.execArgv, "--input-type=module", "--eval", program];
  const running = spawn(process.execPath, options, { cwd: HERE, stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  for await (const output of running.stdout) {
    const wasAsked = printed.includes("Paste");
    printed += output;
    if (!wasAsked && printed.includes("Paste")) {
      const [, url] = printed.match(/^Open (\S+) and/);
      running.stdin.write(`${await approve(url)}\n`);
    }
  }
  assert.match(printed, /Ann has logged in: \S+, ann\.peeters@mail\.example\n$/);
  console.log("ok  the guide's program logs Ann in");
}

/** Checks that it fails for this reason, in the OP's words. */
async function refused(what, reason, tried) {
  let error;
  try {
    await tried();
  } catch (thrown) {
    error = thrown;
  }
  if (!error) fail(`${what} was accepted`);
  // The token endpoint's reason is in the answer's body, where itsme calls it `detail`.
  const said = [error.message, error.error, error.error_description, error.cause?.detail, error.cause?.message];
  const all = said.filter(Boolean).join(": ");
  assert(all.includes(reason), `${what} must be refused with "${reason}", but got "${all}"`);
  console.log(`ok  ${what} is refused: ${reason}`);
}

/** Checks that the guide's code blocks are exactly the files that run here. */
function checkChapter() {
  const chapter = readFileSync(join(HERE, "../../../docs/guide/other-languages.md"), "utf8");
  const files = readdirSync(HERE).filter((name) => name.endsWith(".mjs") && name !== "log_in.mjs");
  for (const name of files) {
    const block = "```js\n" + readFileSync(join(HERE, name), "utf8") + "```\n";
    if (!chapter.includes(block)) fail(`the chapter's code differs from ${name}`);
  }
  const printed = chapter.split("```js\n").length - 1;
  if (printed !== files.length) fail(`the chapter has ${printed} code blocks, but ${files.length} are tested`);
  console.log("ok  the chapter prints what is tested here");
}

function checkPerson({ idToken, userinfo }) {
  assert.equal(idToken.given_name, "Ann");
  assert.equal(userinfo.email, "ann.peeters@mail.example");
}

async function main(program) {
  checkChapter();
  const { issuer, byKeys, bySecret, keys, keysFile } = await startSandbox(program);
  await firstLogin(issuer, keysFile);
  const service = byKeys.services.login[0];
  const byKey = await connectByKey(issuer, byKeys.client_id, keys, ON_LOOPBACK);
  const secretly = await connectBySecret(issuer, bySecret.client_id, bySecret.secret, ON_LOOPBACK);

  const { idToken, ...rest } = await logIn(byKey, service);
  checkPerson({ idToken, ...rest });
  console.log("ok  Ann logs in by keys");
  const signed = (config, parameters) => byRequestObject(config, keys.signing, parameters);
  const nested = (config, parameters) => byRequestObject(config, keys.signing, parameters, encrypt);
  checkPerson(await logIn(byKey, service, { by: signed }));
  console.log("ok  Ann logs in by keys, with a signed request object");
  checkPerson(await logIn(byKey, service, { by: nested }));
  console.log("ok  Ann logs in by keys, with a signed and encrypted request object");
  checkPerson(await logIn(secretly, bySecret.services.login[0]));
  console.log("ok  Ann logs in by secret");

  const { sub } = idToken;
  const asked = await ask(byKey, keys.signing, service, sub);
  let isApproved = false;
  // Approve after the first poll, which then reports that she has not decided yet.
  const later = setTimeout(async () => {
    await approveOnPhone(issuer, asked.auth_req_id);
    isApproved = true;
  }, (asked.interval ?? 5) * 1000 + 1500);
  const byPhone = await wait(byKey, asked, sub);
  clearTimeout(later);
  assert(isApproved, "tokens were issued before she approved");
  assert.equal(byPhone.sub, sub);
  console.log("ok  Ann, who is known, is asked in the app");

  // At the authorization endpoint.
  const metadata = byKey.serverMetadata();
  await refused("an unknown redirect_uri", `invalid_redirect_uri: ${REDIRECT_URI}2 is not one of`, () =>
    logIn(byKey, service, { wrong: (parameters) => (parameters.redirect_uri += "2") }),
  );
  await refused("an unknown service", "service:ANOTHER is not one of the services of TEST_CLIENT", () =>
    logIn(byKey, "ANOTHER"),
  );
  await refused("a scope without service", "scope must contain openid and exactly one service:CODE", () =>
    logIn(byKey, service, { wrong: (parameters) => (parameters.scope = "openid email") }),
  );
  const elsewhere = { ...metadata, issuer: "https://another.example" };
  const ofElsewhere = new client.Configuration(elsewhere, byKeys.client_id);
  client.allowInsecureRequests(ofElsewhere);
  await refused("a request object for another audience", `aud must be ${issuer}`, () =>
    logIn(byKey, service, { by: (_, parameters) => signed(ofElsewhere, parameters) }),
  );
  await refused("a request object of another key", "the signature is wrong", async () => {
    const { algorithm } = keys.signing.key;
    const { privateKey } = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    const other = { kid: keys.signing.kid, key: privateKey };
    await logIn(byKey, service, { by: (config, parameters) => byRequestObject(config, other, parameters) });
  });

  // At the token endpoint.
  /** The same client with a different assertion. */
  const asserting = (change) => {
    const modify = (header, payload) => {
      payload.aud = metadata.token_endpoint;
      change(payload);
    };
    const authenticate = client.PrivateKeyJwt(keys.signing, { [client.modifyAssertion]: modify });
    const config = new client.Configuration(metadata, byKeys.client_id, {}, authenticate);
    client.allowInsecureRequests(config);
    return config;
  };
  const now = Math.floor(Date.now() / 1000);
  for (const [what, reason, change] of [
    ["for another audience", `the assertion's aud must be ${metadata.token_endpoint}`, { aud: issuer }],
    ["that has expired", "the assertion's exp is in the past", { exp: now - 120 }],
    ["of another client", "the assertion's iss and sub must be the client_id", { iss: "ANOTHER" }],
  ]) {
    const at = asserting((payload) => Object.assign(payload, change));
    await refused(`an assertion ${what}`, reason, () => logIn(byKey, service, { at }));
  }
  const once = asserting((payload) => (payload.jti = "once"));
  await refused("an assertion that comes twice", "has already been used", async () => {
    await ask(once, keys.signing, service, sub);
    await ask(once, keys.signing, service, sub);
  });
  await refused("another code_verifier", "code_verifier does not match code_challenge", () =>
    logIn(byKey, service, {
      wrong: (_, pending) => (pending.pkceCodeVerifier = client.randomPKCECodeVerifier()),
    }),
  );
  const wrongSecret = await connectBySecret(issuer, bySecret.client_id, "another secret", ON_LOOPBACK);
  await refused("another secret", "client_secret is wrong", () =>
    logIn(secretly, bySecret.services.login[0], { at: wrongSecret }),
  );

  // At the backchannel authentication endpoint.
  await refused("someone unknown", "no user of this client has this sub", () =>
    ask(byKey, keys.signing, service, "nobody"),
  );
  await refused("CIBA for an unknown service", "service:ANOTHER is not one of the services", () =>
    ask(byKey, keys.signing, "ANOTHER", sub),
  );

  // By the library itself.
  await refused("another nonce", "unexpected JWT claim value", () =>
    logIn(byKey, service, { wrong: (_, pending) => (pending.expectedNonce = client.randomNonce()) }),
  );
  for (const [what, fault] of [
    ["ID token", "ID token: signed by another key under the OP's kid"],
    ["userinfo", "userinfo: signed by another key under the OP's kid"],
  ]) {
    const op = await startSandbox(program, "--fault", fault);
    const { client_id, secret } = op.bySecret;
    for (const config of [
      await connectByKey(op.issuer, op.byKeys.client_id, op.keys, ON_LOOPBACK),
      await connectBySecret(op.issuer, client_id, secret, ON_LOOPBACK),
    ]) {
      const who = config.clientMetadata().client_id;
      await refused(`a forged ${what} for ${who}`, "JWT signature verification failed", () =>
        logIn(config, service),
      );
    }
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => fail(signal));
setTimeout(() => fail(`not finished after ${IN_ALL / 1000} seconds`), IN_ALL).unref();
await main(process.argv[2]);
// The sandbox is still running; exiting ends it.
process.exit(0);
