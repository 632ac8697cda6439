// Cloudflare Access as another way in: it signs who passed its policy, and the signature is checked here
// against the keys of the team, which are fetched and kept for a while.
// https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/

import { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import type { AccessTeam } from "../../core/config.ts";
import * as LIMITS from "../../core/limits.ts";
import { fail } from "./failure.ts";
import { report } from "../../durable/report.ts";

const HEADER = "cf-access-jwt-assertion";

const head = z.object({ alg: z.literal("RS256"), kid: z.string() });
const claims = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  iss: z.string(),
  /** Unix s. */
  exp: z.number(),
  nbf: z.number().optional(),
  sub: z.string().default(""),
  email: z.string().optional(),
  common_name: z.string().optional(),
});
const certs = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });

interface Keys {
  readonly byId: ReadonlyMap<string, CryptoKey>;
  /** When they were fetched; −∞: never. Unix ms. */
  readonly at: number;
  /** When that was last begun, also in vain, and how often since. */
  readonly triedAt: number;
  readonly tries: number;
}

const NO_KEYS: Keys = { byId: new Map(), at: -Infinity, triedAt: -Infinity, tries: 0 };

/** By the origin of the team. */
const known = new Map<string, Keys>();

/** Who passed Access; undefined: the request did not come by it. @throws Failed */
export async function byAccess(
  request: Request,
  team: AccessTeam,
  now: number,
): Promise<Caller | undefined> {
  const token = request.headers.get(HEADER);
  if (token === null) return undefined;
  const [headText = "", claimsText = "", signature = ""] = token.split(".");
  const header = head.safeParse(jsonOf(headText));
  const said = claims.safeParse(jsonOf(claimsText));
  if (!header.success || !said.success) return refuse("it cannot be read");
  const key = await keyOf(team, header.data.kid, now);
  if (key === undefined) return refuse("its key is none of the team");
  const signed = new TextEncoder().encode(`${headText}.${claimsText}`);
  const bytes = bytesOf(signature);
  if (bytes === undefined || !(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, bytes, signed)))
    return refuse("its signature is wrong");
  const { aud, iss, exp, nbf = 0, sub, email, common_name: service } = said.data;
  if (iss !== team.origin) return refuse("it is of another team");
  if (![aud].flat().includes(team.audience)) return refuse("it is for another application");
  if (exp * 1_000 <= now) return refuse("it has expired");
  if (nbf * 1_000 > now + LIMITS.accessSkewMs) return refuse("it is not valid yet");
  const name = email ?? service ?? sub;
  return {
    id: `access:${encodeURIComponent(sub || name)}`,
    name,
    scope: team.scope,
    prefix: "",
    expiresAt: exp * 1_000,
  };
}

const refuse = (why: string): never =>
  fail({ kind: "unauthorized", message: `What Cloudflare Access said is not taken: ${why}` });

/**
 * The key of the team with the id; a new one is looked for, though not each time. While the team does not
 * answer, keys that are known go on for a day. @throws Failed
 */
async function keyOf(
  { origin }: AccessTeam,
  id: string,
  now: number,
): Promise<CryptoKey | undefined> {
  const kept = known.get(origin) ?? NO_KEYS;
  const key = kept.byId.get(id);
  // A clock that was set back does not make them young for ever.
  const age = Math.abs(now - kept.at);
  if (key !== undefined && age < LIMITS.accessKeysMs) return key;
  const usable = key !== undefined && age < LIMITS.accessKeysKeptMs;
  const isRecent = Math.abs(now - kept.triedAt) < LIMITS.accessKeysRetryMs;
  // A request cannot wait for another's look: where nothing is known yet, a few look for themselves.
  const most = kept.at === -Infinity ? LIMITS.accessKeysLooks : 1;
  if (isRecent && kept.tries >= most) {
    if (usable) return key;
    // After a look in vain it is not known which keys there are.
    return kept.triedAt === kept.at ? undefined : noKeys();
  }
  const tries = isRecent ? kept.tries + 1 : 1;
  known.set(origin, { ...kept, triedAt: isRecent ? kept.triedAt : now, tries });
  const byId = await fetchKeys(origin);
  if (byId === undefined) return usable ? key : noKeys();
  known.set(origin, { byId, at: now, triedAt: now, tries: 1 });
  return byId.get(id);
}

const noKeys = (): never =>
  fail({
    kind: "unavailable",
    message: "The keys of Cloudflare Access cannot be had, so who asks is not known; try again",
    retryAfterSec: LIMITS.accessKeysRetryMs / 1_000,
  });

/** Undefined where they cannot be had now. */
async function fetchKeys(origin: string): Promise<ReadonlyMap<string, CryptoKey> | undefined> {
  try {
    const response = await fetch(`${origin}/cdn-cgi/access/certs`, {
      signal: AbortSignal.timeout(LIMITS.accessDeadlineMs),
    });
    if (!response.ok)
      throw new Error(`the keys of ${origin} were answered with ${response.status}`);
    const { keys } = certs.parse(await response.json());
    const imported = keys.map(async (jwk) => {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      return [
        jwk.kid,
        await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]),
      ] as const;
    });
    return new Map(await Promise.all(imported));
  } catch (error) {
    report("access_keys_unread", error);
    return undefined;
  }
}

/** Undefined when it is not base64url. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOf(text)));
  } catch {
    return undefined;
  }
}
