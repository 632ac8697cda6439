// Who may do what: the one place where it is decided. Each endpoint says what it needs; a request
// brings a token for it, or the store is open.

import type { Context } from "hono";
import {
  ADMINISTRATOR,
  type Caller,
  prefixIssue,
  PUBLIC,
  type Scope,
  scopeIssue,
} from "../../core/caller.ts";
import type { Access } from "../../core/config.ts";
import { quote } from "../../core/text.ts";
import { noteUse, type TokenRow } from "../../d1/tokens.ts";
import { after } from "../after.ts";
import { configOf, type HonoEnv } from "../env.ts";
import { type TokenList, tokenListOf } from "../token-list.ts";
import { byAccess } from "./access-jwt.ts";
import { sessionOf } from "./cookie.ts";
import type { Endpoint } from "./endpoint.ts";
import { fail, type Failure } from "./failure.ts";
import { isLasting, isOwnPage } from "./origin.ts";
import { strangerIssue } from "./stranger.ts";
import { digestOf, isNamedToken } from "./token-text.ts";

/** Of a store that was deployed without its secret: nobody may do anything. */
export const CLOSED: Failure = {
  kind: "no_token_configured",
  message:
    "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
};

/** What an endpoint says of who may ask it. */
type Asked = Pick<Endpoint, "tokenOf" | "ofAll"> & { readonly scope: Scope | "any" };

/** Who sent the request, when it may do what the endpoint needs. @throws Failed */
export async function admitted(
  c: Context<HonoEnv>,
  access: Access,
  endpoint: Asked,
): Promise<Caller> {
  const { scope, ofAll } = endpoint;
  const caller = await callerOf(c, access, endpoint);
  const issue = scope === "any" ? undefined : scopeIssue(caller, scope);
  if (issue !== undefined) fail({ kind: "forbidden", message: issue });
  if (ofAll === true && caller.prefix !== "")
    fail({
      kind: "forbidden",
      message: `This is about all metrics, and the token ${quote(caller.name)} is for those that begin with ${quote(caller.prefix)}`,
    });
  return caller;
}

async function callerOf(c: Context<HonoEnv>, access: Access, endpoint: Asked): Promise<Caller> {
  const request = c.req.raw;
  if (access.kind === "open") {
    const issue = strangerIssue(access.to, configOf(c.env).allowedOrigins, request);
    return issue === undefined ? ADMINISTRATOR : fail({ kind: "forbidden", message: issue });
  }
  const given = endpoint.tokenOf?.(request) ?? tokenOf(request.headers);
  if (given === undefined) return await withoutToken(c, access.token, endpoint.scope);
  if (sameText(given, access.token)) return ADMINISTRATOR;
  if (!isNamedToken(given)) return wrong();
  const digest = await digestOf(given);
  return (await named(c, (list, now) => list.find(digest, now))) ?? wrong();
}

const wrong = (): never =>
  fail({
    kind: "unauthorized",
    message: "The token is not one of this store: it is wrong, or was revoked",
  });

/** By its cookie, by Cloudflare Access, or as one of the public. */
async function withoutToken(
  c: Context<HonoEnv>,
  secret: string,
  needed: Scope | "any",
): Promise<Caller> {
  const caller = await byCookie(c, secret);
  if (caller !== undefined) {
    // The pages of other origins have no token, but a browser may add the cookie for them.
    if (isLasting(c.req.raw) && isOwnPage(c.req.raw) !== true)
      fail({ kind: "forbidden", message: "By cookie only the store's own page may do this" });
    return caller;
  }
  const { accessTeam, publicRead } = configOf(c.env);
  const passed = accessTeam && (await byAccess(c.req.raw, accessTeam, Date.now()));
  if (passed !== undefined) {
    // Browsers are known to Access by a cookie too; programs say no Origin.
    if (isLasting(c.req.raw) && isOwnPage(c.req.raw) === false)
      fail({ kind: "forbidden", message: "By Access only the store's own page may do this" });
    return passed;
  }
  if (publicRead && (needed === "read" || needed === "any")) return PUBLIC;
  return fail({
    kind: "unauthorized",
    message: "No token. Send the header `Authorization: Bearer <token>`",
  });
}

/** Undefined where there is no cookie, or what it was given for is no more. */
async function byCookie(c: Context<HonoEnv>, secret: string): Promise<Caller | undefined> {
  const session = await sessionOf(c.req.raw, secret, Date.now());
  if (session === undefined) return undefined;
  const { id } = session;
  return id === "" ? ADMINISTRATOR : await named(c, (list, now) => list.get(Number(id), now));
}

/** The caller of a named token; undefined when there is no such token. @throws Failed */
async function named(
  c: Context<HonoEnv>,
  find: (list: TokenList, now: number) => ReturnType<TokenList["get"]>,
): Promise<Caller | undefined> {
  const now = Date.now();
  const list = tokenListOf(c.env);
  const found = await find(list, now);
  if (!found.ok)
    return fail({
      kind: "unavailable",
      message: "D1 did not answer, so whether there is such a token is not known; try again",
      retryAfterSec: 5,
    });
  const row = found.value;
  if (row === undefined) return undefined;
  if (row.expires_at !== null && row.expires_at <= now)
    return fail({
      kind: "unauthorized",
      message: `The token ${quote(row.name)} was valid until ${new Date(row.expires_at).toISOString()}`,
    });
  // That a use is noted must not make the request wait, or fail.
  if (list.isUseDue(row, now)) await after(c, noteUse(c.env.DB, row.id, now));
  return callerOfToken(row);
}

const callerOfToken = (row: TokenRow): Caller => ({
  id: String(row.id),
  name: row.name,
  scope: row.scope,
  prefix: row.prefix,
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
});

/** @throws Failed when the caller may not read, or write, a metric of this name */
export function mustSee(caller: Caller, metric: string): void {
  const message = prefixIssue(caller, metric);
  if (message !== undefined) fail({ kind: "forbidden", message });
}

/**
 * Browsers cannot set headers on a WebSocket: there the token is a subprotocol. Few characters may
 * stand in one, so it is `bearer.` and the token in base64url.
 */
export function tokenOf(headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(/ *, */);
  const protocol = protocols.find((name) => name.startsWith("bearer."));
  if (protocol === undefined) return undefined;
  try {
    return atob(protocol.slice("bearer.".length).replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}

/** Compares in a time that does not tell how much was right. */
function sameText(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  return x.byteLength === y.byteLength && crypto.subtle.timingSafeEqual(x, y);
}
