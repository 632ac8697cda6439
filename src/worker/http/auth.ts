// Who may do what: the one place where it is decided. Each endpoint says what it needs; today one
// token may do everything.

import { configOf, type Env } from "../env.ts";
import { fail } from "./failure.ts";

export type Scope = "read" | "write" | "admin";

/** Lets a request through that may do `scope`. @throws Failed */
export function allow(scope: Scope | "open", env: Env, request: Request): void {
  if (scope === "open") return;
  const config = configOf(env);
  if (config.open) return;
  if (config.token === undefined)
    return fail({
      kind: "no_token_configured",
      message:
        "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
    });
  const given = tokenOf(request.headers);
  if (given === undefined)
    return fail({
      kind: "unauthorized",
      message: "No token. Send the header `Authorization: Bearer <API_TOKEN>`",
    });
  if (!sameText(given, config.token))
    fail({ kind: "unauthorized", message: "The token is not the one of this store" });
}

/** Browsers cannot set headers on a WebSocket: there the token is a subprotocol `bearer.<token>`. */
function tokenOf(headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(/ *, */);
  const protocol = protocols.find((name) => name.startsWith("bearer."));
  if (protocol === undefined) return undefined;
  try {
    return decodeURIComponent(protocol.slice("bearer.".length));
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
