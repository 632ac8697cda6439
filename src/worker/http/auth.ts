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
import type { MatcherParts } from "../../core/query/filter.ts";
import { quote } from "../../core/text.ts";
import { isAsked } from "../../core/view-asks.ts";
import { noteUse, type TokenRow } from "../../d1/tokens.ts";
import { after } from "../after.ts";
import { configOf, type HonoEnv } from "../env.ts";
import { ISOLATE_CLOCK } from "../isolate-clock.ts";
import { linkListOf } from "../link-list.ts";
import { Pace, workOf } from "../pace.ts";
import { type TokenList, tokenListOf } from "../token-list.ts";
import { byAccess } from "./access-jwt.ts";
import { sessionOf } from "./cookie.ts";
import type { Endpoint } from "./endpoint.ts";
import { fail, Failed, type Failure } from "./failure.ts";
import { isLasting, isOwnPage } from "./origin.ts";
import { addressOf, mustBePatient, networkOf, strangerPatient } from "./rate.ts";
import { strangerIssue } from "./stranger.ts";
import { digestOf, isLinkText, isNamedToken } from "./token-text.ts";

/** Of a store that was deployed without its secret: nobody may do anything. */
export const CLOSED: Failure = {
  kind: "no_token_configured",
  message:
    "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
};

/** Of this isolate. */
const pace = new Pace(ISOLATE_CLOCK);

/** What an endpoint says of who may ask it. */
type Asked = Pick<Endpoint, "tokenOf" | "ofAll" | "byLink"> & { readonly scope: Scope | "any" };

/** Who sent the request, when it may do what the endpoint needs, and it is its turn. @throws Failed */
export async function admitted(
  c: Context<HonoEnv>,
  access: Access,
  endpoint: Asked,
): Promise<Caller> {
  const { scope, ofAll, byLink } = endpoint;
  const caller = await patient(c, access, endpoint);
  if (caller.link !== undefined && byLink !== true)
    fail({
      kind: "forbidden",
      message: "A link to a view reads what the view shows, and nothing else",
    });
  const issue = scope === "any" ? undefined : scopeIssue(caller, scope);
  if (issue !== undefined) fail({ kind: "forbidden", message: issue });
  if (ofAll === true && caller.prefix !== "")
    fail({
      kind: "forbidden",
      message: `This is about all metrics, and the token ${quote(caller.name)} is for those that begin with ${quote(caller.prefix)}`,
    });
  if (access.kind !== "open") await pace.begin(paced(caller, c.req.raw), workOf(scope, c.req.raw));
  return caller;
}

/** Who sent the request, when it has not asked too often. Who is open to its machine alone counts nobody. */
async function patient(c: Context<HonoEnv>, access: Access, endpoint: Asked): Promise<Caller> {
  if (access.kind === "open") return await callerOf(c, access, endpoint);
  let caller: Caller;
  try {
    caller = await callerOf(c, access, endpoint);
  } catch (error) {
    if (isOfStranger(error)) await strangerPatient(c.env, c.req.raw);
    throw error;
  }
  await mustBePatient(c.env, caller, c.req.raw);
  return caller;
}

/** Whether who sent it is not known: also where that cannot be said now, which those who make tokens up bring about. */
const isOfStranger = (error: unknown): boolean =>
  error instanceof Failed &&
  (error.failure.kind === "unauthorized" || error.failure.kind === "unavailable");

/** Notes how a request of a caller who was let in has ended. */
export function ended(c: Context<HonoEnv>, caller: Caller, { status }: Response): void {
  pace.ended(paced(caller, c.req.raw), status >= 400 && status < 500);
}

/** As the rates are counted: who is one of many is told apart by where they are. */
const paced = ({ id, link }: Caller, request: Request): string =>
  link === undefined && id !== PUBLIC.id ? id : `${id} ${networkOf(addressOf(request))}`;

async function callerOf(c: Context<HonoEnv>, access: Access, endpoint: Asked): Promise<Caller> {
  const request = c.req.raw;
  const given = endpoint.tokenOf?.(request) ?? tokenOf(request.headers);
  if (access.kind === "open") {
    const issue = strangerIssue(access.to, configOf(c.env).allowedOrigins, request);
    if (issue !== undefined) return fail({ kind: "forbidden", message: issue });
    // A link is no more than itself, also where nobody needs one.
    return given !== undefined && isLinkText(given) ? await linked(c, given) : ADMINISTRATOR;
  }
  if (given === undefined) return await withoutToken(c, access.token, endpoint.scope);
  if (sameText(given, access.token)) return ADMINISTRATOR;
  if (isLinkText(given)) {
    // Before it is looked up: made up ones would use up the looks of those that there are.
    await strangerPatient(c.env, c.req.raw);
    return await linked(c, given);
  }
  if (!isNamedToken(given)) return wrong();
  const digest = await digestOf(given);
  return (await named(c, (list, now) => list.find(digest, now))) ?? wrong();
}

const wrong = (): never =>
  fail({
    kind: "unauthorized",
    message: "The token is not one of this store: it is wrong, or was revoked",
  });

/** Who has a link to a view. @throws Failed */
async function linked(c: Context<HonoEnv>, secret: string): Promise<Caller> {
  const found = await linkListOf(c.env).find(await digestOf(secret), Date.now());
  if (!found.ok)
    return fail({
      kind: "unavailable",
      message: "Whether there is such a link is not known right now; try again",
      retryAfterSec: 5,
    });
  return (
    found.value ??
    fail({
      kind: "unauthorized",
      message: "The link is not one of this store: it is wrong or was revoked, or its view deleted",
    })
  );
}

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
  const { token, until } = session;
  const caller =
    token === undefined ? ADMINISTRATOR : await named(c, (list, now) => list.get(token, now));
  return caller && { ...caller, expiresAt: Math.min(caller.expiresAt ?? Infinity, until) };
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
      message: "Whether there is such a token is not known right now; try again",
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
  token: { id: row.id, createdAt: row.created_at },
  name: row.name,
  scope: row.scope,
  prefix: row.prefix,
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
});

/** A query, as far as it decides who may ask it. */
interface AskedQuery {
  readonly where: readonly MatcherParts[];
  readonly by: readonly string[];
}

/**
 * @param query Absent: it is about the metric as a whole, or tells nothing of it but that it changed.
 * @throws Failed when the caller may not read, or write, a metric of this name, or ask for that of it
 */
export function mustSee(caller: Caller, metric: string, query?: AskedQuery): void {
  const { link } = caller;
  if (link !== undefined) {
    const isOfView =
      query === undefined
        ? link.asks.some((one) => one.metric === metric)
        : isAsked(link.asks, metric, query.where, query.by);
    if (!isOfView)
      fail({
        kind: "forbidden",
        message: `The link is for the view ${quote(link.view.name)}, which does not show this of ${quote(metric)}: a link answers the metrics of its view, with the filters and the split that they have there`,
      });
    return;
  }
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

const encoder = new TextEncoder();

/** Compares in a time that does not tell how much was right. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  return x.byteLength === y.byteLength && crypto.subtle.timingSafeEqual(x, y);
}
