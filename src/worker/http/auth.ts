// Who may do what: the one place where it is decided. Each endpoint says what it needs; today one
// token may do everything.

import type { Access } from "../../core/config.ts";
import type { Failure } from "./failure.ts";
import { strangerIssue } from "./stranger.ts";

export type Scope = "read" | "write" | "admin";

/**
 * Why the request may not do what `scope` names; undefined when it may. `access` is that of the store;
 * `elsewhere` finds the token where the endpoint looks for one in other places.
 */
export function denial(
  _scope: Scope,
  access: Access | undefined,
  request: Request,
  elsewhere?: (request: Request) => string | undefined,
): Failure | undefined {
  if (access === undefined)
    return {
      kind: "no_token_configured",
      message:
        "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
    };
  if (access.kind === "open") {
    const issue = strangerIssue(access.to, request);
    return issue === undefined ? undefined : { kind: "forbidden", message: issue };
  }
  const given = elsewhere?.(request) ?? tokenOf(request.headers);
  if (given === undefined)
    return {
      kind: "unauthorized",
      message: "No token. Send the header `Authorization: Bearer <API_TOKEN>`",
    };
  return sameText(given, access.token)
    ? undefined
    : { kind: "unauthorized", message: "The token is not the one of this store" };
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
