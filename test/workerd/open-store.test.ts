// A store that is open on its machine: its own programs and its own page use it. Pages of others,
// which a browser on that machine may have open, do not: neither across origins nor by DNS rebinding.

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../src/worker/app.ts";
import { strangerIssue } from "../../src/worker/http/stranger.ts";
import { failureOf, store } from "./api-client.ts";

type Headers = Readonly<Record<string, string>>;

const request = (host: string, headers: Headers = {}): Request =>
  new Request(`http://${host}/api/v1/status`, { headers });

describe("who is served by a store on this machine", () => {
  const serves = (what: string, host: string, headers: Headers = {}): void =>
    test(what, () => expect(strangerIssue("local", [], request(host, headers))).toBeUndefined());
  serves("curl", "localhost:8787");
  serves("curl, by address", "127.0.0.1:8787");
  serves("curl, by another of its addresses", "127.0.5.1");
  serves("curl, IPv6", "[::1]:8787");
  serves("a name below localhost", "minuet.localhost:8787");
  serves("the page", "localhost:8787", {
    origin: "http://localhost:8787",
    "sec-fetch-site": "same-origin",
  });
  serves("an address that was typed", "localhost:8787", { "sec-fetch-site": "none" });
});

describe("who is not", () => {
  const refuses = (what: string, host: string, headers: Headers, message: RegExp): void =>
    test(what, () => expect(strangerIssue("local", [], request(host, headers))).toMatch(message));
  const name = /answers only under the names of its own machine, not under ".*npm start -- --ip/;
  refuses("a name that leads here", "evil.example:8787", {}, name);
  refuses(
    "such a name, from its own page",
    "evil.example",
    { origin: "http://evil.example" },
    name,
  );
  refuses("a name that begins like an own one", "localhost.evil.example", {}, name);
  refuses("a name that begins like an address", "127.0.0.1.evil.example", {}, name);
  refuses("a name of one word", "minuet:8787", {}, name);
  refuses("an address of the network", "192.168.1.5:8787", {}, name);
  const page = /answers only its own page, not those of/;
  refuses("a page of elsewhere", "localhost", { origin: "https://evil.example" }, page);
  refuses("a page on another port", "localhost:8787", { origin: "http://localhost:3000" }, page);
  refuses("a page under another own name", "localhost", { origin: "http://127.0.0.1" }, page);
  refuses("a sandbox", "localhost", { origin: "null" }, page);
  refuses("an origin that is none", "localhost", { origin: "" }, page);
  refuses("a form or an image of elsewhere", "localhost", { "sec-fetch-site": "cross-site" }, page);
  refuses("one of another port", "localhost", { "sec-fetch-site": "same-site" }, page);
});

describe("a store that is open to the network", () => {
  const problem = (host: string, headers: Headers = {}): string | undefined =>
    strangerIssue("network", [], request(host, headers));
  for (const host of [
    "localhost:8787",
    "192.168.1.5:8787",
    "[fe80::1]:8787",
    "minuet",
    "nas.local",
    "a.b.internal",
  ])
    test(`is served as ${host}`, () => expect(problem(host)).toBeUndefined());
  for (const host of ["evil.example", "local.evil.example", "1.2.3.4.example"])
    test(`is not served as ${host}, which may be anybody's`, () =>
      expect(problem(host)).toMatch(/not under ".*": use its address/));
  test("is not served to pages of others", () =>
    expect(problem("192.168.1.5", { origin: "http://evil.example" })).toMatch(/own page/));
});

test("a page whose origin is allowed is served, under the own names alone", () => {
  const allowed = ["http://localhost:3000"];
  const headers = { origin: "http://localhost:3000", "sec-fetch-site": "same-site" };
  expect(strangerIssue("local", allowed, request("localhost:8787", headers))).toBeUndefined();
  expect(strangerIssue("local", allowed, request("evil.example", headers))).toMatch(/own machine/);
});

describe("the ways in", () => {
  beforeAll(() => store({ name: "here", value: 1 }));
  const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  const ask = async (url: string, init: RequestInit = {}): Promise<Response> =>
    app.fetch(new Request(url, init), { ...env, OPEN: "local" });
  const points = { method: "POST", body: '{"name":"planted","value":1}' };

  const refuses = (what: string, url: string, init: RequestInit): void =>
    test(what, async () => {
      await failureOf(await ask(url, init), 403, "forbidden");
    });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"])
    refuses(`a page of another origin posts ${type}`, "http://localhost/api/v1/points", {
      ...points,
      headers: { ...evil, "content-type": type },
    });
  refuses("a page of another origin opens /live", "http://localhost/api/v1/live?metric=here", {
    headers: { origin: evil.origin, upgrade: "websocket" },
  });
  const rebound = "http://evil.example:8787/api/v1";
  refuses("a Host that is not this machine reads", `${rebound}/query?metric=here`, {});
  refuses("it lists", `${rebound}/metrics`, {});
  refuses("it writes", `${rebound}/points`, points);
  refuses("it deletes", `${rebound}/metric?name=here`, { method: "DELETE" });
  refuses("it opens /live", `${rebound}/live?metric=here`, { headers: { upgrade: "websocket" } });
  refuses("it reads the document", "http://evil.example:8787/openapi.json", {});

  test("nothing of it was done, and plain curl works", async () => {
    const response = await ask("http://localhost/api/v1/metrics");
    expect(await response.json()).toMatchObject({ metrics: [{ name: "here" }] });
    expect((await ask("http://127.0.0.1:8787/api/v1/points", points)).status).toBe(200);
  });

  test("a store with a token does not mind: no page has the token", async () => {
    const headers = { ...evil, authorization: "Bearer t" };
    const response = await app.fetch(new Request("https://m.example/api/v1/status", { headers }), {
      ...env,
      API_TOKEN: "t",
    });
    expect(response.status).toBe(200);
  });
});
