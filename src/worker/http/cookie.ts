// The cookie for which the page exchanges a token: `<id of the token>-<when it was made>.<until>.<MAC>`,
// `.<until>.<MAC>` for the administrator's. It names the token and does not hold it; the MAC is by a key that
// is made of API_TOKEN, so another API_TOKEN ends all.

import type { NamedToken } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { isLoopback } from "./stranger.ts";

export interface Session {
  /** Of the token that it was given for; undefined: the administrator. */
  readonly token: NamedToken | undefined;
  /** Unix ms. */
  readonly until: number;
}

const encoder = new TextEncoder();

/** Keys by the secret that they are made of: there is one, but for the moment in which it changes. */
const keys = new Map<string, CryptoKey>();

async function keyOf(secret: string): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (key === undefined) {
    const given = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
      "deriveKey",
    ]);
    key = await crypto.subtle.deriveKey(
      {
        name: "HKDF",
        hash: "SHA-256",
        salt: new Uint8Array(),
        info: encoder.encode("minuet session cookie"),
      },
      given,
      { name: "HMAC", hash: "SHA-256", length: 256 },
      false,
      ["sign", "verify"],
    );
    keys.clear();
    keys.set(secret, key);
  }
  return key;
}

/** Browsers keep a `Secure` cookie of plain HTTP nowhere; so on the store's own machine it is none. */
function kindOf(request: Request): { readonly name: string; readonly secure: string } {
  const { protocol, hostname } = new URL(request.url);
  return protocol === "http:" && isLoopback(hostname)
    ? { name: "minuet", secure: "" }
    : { name: "__Host-minuet", secure: "; Secure" };
}

const cookie = (request: Request, value: string, maxAgeSec: number): string => {
  const { name, secure } = kindOf(request);
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSec}; HttpOnly; SameSite=Strict${secure}`;
};

/** The header that signs a browser in until `until`, or the longest that it may be. */
export async function signedIn(
  request: Request,
  secret: string,
  { token, until }: Session,
  now: number,
): Promise<string> {
  const end = Math.min(until, now + LIMITS.sessionMs);
  const text = `${token === undefined ? "" : `${token.id}-${token.createdAt}`}.${end}`;
  const mac = await crypto.subtle.sign("HMAC", await keyOf(secret), encoder.encode(text));
  const value = `${text}.${base64Url(new Uint8Array(mac))}`;
  return cookie(request, value, Math.ceil((end - now) / 1_000));
}

/** The header that signs it out. */
export const signedOut = (request: Request): string => cookie(request, "", 0);

/** The session that a request's cookie is of; undefined: it has none, or none that is valid. */
export async function sessionOf(
  request: Request,
  secret: string,
  now: number,
): Promise<Session | undefined> {
  const { name } = kindOf(request);
  const value = (request.headers.get("cookie") ?? "")
    .split(/; */)
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  const [, text, id, createdAt, until, mac] =
    /^((?:(\d+)-(\d+))?\.(\d+))\.([\w-]{43})$/.exec(value ?? "") ?? [];
  if (text === undefined || mac === undefined) return undefined;
  // Compared in constant time.
  const isOurs = await crypto.subtle.verify(
    "HMAC",
    await keyOf(secret),
    fromBase64Url(mac),
    encoder.encode(text),
  );
  if (!isOurs || !(Number(until) > now)) return undefined;
  const token = id === undefined ? id : { id: Number(id), createdAt: Number(createdAt) };
  return { token, until: Number(until) };
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
