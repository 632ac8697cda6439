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
import { tokenListOf } from "../token-list.ts";
import type { Endpoint } from "./endpoint.ts";
import { fail, type Failure } from "./failure.ts";
import { strangerIssue } from "./stranger.ts";
import { digestOf, isNamedToken } from "./token-text.ts";

/** Of a store that was deployed without its secret: nobody may do anything. */
export const CLOSED: Failure = {
  kind: "no_token_configured",
  message:
    "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
};

/** Who sent the request, when it may do what `needed` names. @throws Failed */
export async function admitted(
  c: Context<HonoEnv>,
  access: Access,
  needed: Scope,
  endpoint: Pick<Endpoint, "tokenOf" | "ofAll">,
): Promise<Caller> {
  const caller = await callerOf(c, access, needed, endpoint);
  const issue = scopeIssue(caller, needed);
  if (issue !== undefined) fail({ kind: "forbidden", message: issue });
  if (endpoint.ofAll === true && caller.prefix !== "")
    fail({
      kind: "forbidden",
      message: `This is about all metrics, and the token ${quote(caller.name)} is for those that begin with ${quote(caller.prefix)}`,
    });
  return caller;
}

async function callerOf(
  c: Context<HonoEnv>,
  access: Access,
  needed: Scope,
  elsewhere: Pick<Endpoint, "tokenOf">,
): Promise<Caller> {
  const request = c.req.raw;
  if (access.kind === "open") {
    const issue = strangerIssue(access.to, request);
    return issue === undefined ? ADMINISTRATOR : fail({ kind: "forbidden", message: issue });
  }
  const given = elsewhere.tokenOf?.(request) ?? tokenOf(request.headers);
  if (given === undefined)
    return needed === "read" && configOf(c.env).publicRead
      ? PUBLIC
      : fail({
          kind: "unauthorized",
          message: "No token. Send the header `Authorization: Bearer <token>`",
        });
  if (sameText(given, access.token)) return ADMINISTRATOR;
  return isNamedToken(given) ? await named(c, given) : wrong();
}

const wrong = (): never =>
  fail({
    kind: "unauthorized",
    message: "The token is not one of this store: it is wrong, or was revoked",
  });

async function named(c: Context<HonoEnv>, given: string): Promise<Caller> {
  const now = Date.now();
  const list = tokenListOf(c.env);
  const found = await list.find(await digestOf(given), now);
  if (!found.ok)
    return fail({
      kind: "unavailable",
      message: "D1 did not answer, so whether there is such a token is not known; try again",
      retryAfterSec: 5,
    });
  const row = found.value ?? wrong();
  if (row.expires_at !== null && row.expires_at <= now)
    return fail({
      kind: "unauthorized",
      message: `The token ${quote(row.name)} was valid until ${new Date(row.expires_at).toISOString()}`,
    });
  // That a use is noted must not make the request wait, or fail.
  if (list.isUseDue(row, now)) await after(c, noteUse(c.env.DB, row.id, now));
  return callerOfToken(row);
}

const callerOfToken = ({ id, name, scope, prefix }: TokenRow): Caller => ({
  id: String(id),
  name,
  scope,
  prefix,
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
function tokenOf(headers: Headers): string | undefined {
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
