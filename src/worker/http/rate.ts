// How often one may ask: each token, and each address that brings no valid one, is counted by the platform
// where its requests arrive (`ratelimits` in wrangler.toml). It decides nothing else.
// https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/

import { ADMINISTRATOR, type Caller, PUBLIC } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { quote } from "../../core/text.ts";
import type { Env } from "../env.ts";
import { Failed } from "./failure.ts";
import { report } from "../../durable/report.ts";

type Limits = Pick<Env, "RATE_TOKENS" | "RATE_ADDRESSES">;

/** @throws Failed when the caller has asked too often */
export async function mustBePatient(env: Limits, caller: Caller, request: Request): Promise<void> {
  // Links and public pages are in many hands: they are told apart by where they are. Those of links were
  // counted before they were looked up.
  if (caller.link !== undefined) return;
  if (caller.id === PUBLIC.id) return await strangerPatient(env, request);
  if (await isWithin(env.RATE_TOKENS, caller.id === ADMINISTRATOR.id ? "admin" : caller.id)) return;
  const who = caller.id === ADMINISTRATOR.id ? "API_TOKEN" : `The token ${quote(caller.name)}`;
  await refuse(`${who} has asked too often`, "RATE_TOKENS");
}

/** Those that were counted: who has a link is before it is looked up, and no more when there is none. */
const counted = new WeakSet<Request>();

/** The same of who brings no token, or none that is valid. @throws Failed */
export async function strangerPatient(env: Limits, request: Request): Promise<void> {
  if (counted.has(request)) return;
  counted.add(request);
  if (await isWithin(env.RATE_ADDRESSES, networkOf(addressOf(request)))) return;
  await refuse(
    "Who has your address has asked too often without a token that is known here",
    "RATE_ADDRESSES",
  );
}

/** Those of the isolate that wait for their refusal: how many have begun to since when, Unix ms. */
const held = { count: 0, since: 0 };

/**
 * Not at once: who sends again as soon as they are refused would do so thousands of times a second. Waiting is not
 * billed. How many wait is not counted down, since a request that is gone never ends its wait.
 */
async function refuse(what: string, limit: string): Promise<never> {
  const now = Date.now();
  if (Math.abs(now - held.since) >= LIMITS.rateHeldMs)
    Object.assign(held, { count: 0, since: now });
  if (held.count++ < LIMITS.rateHeld) await scheduler.wait(LIMITS.rateHeldMs);
  throw new Failed({
    kind: "too_many_requests",
    message: `${what} (the limit ${limit} in wrangler.toml): wait, and send more points, or ask for more, in each request`,
    retryAfterSec: LIMITS.rateRetrySec,
  });
}

/** Where there is no such limit, or its count cannot be had, all are. */
async function isWithin(limit: RateLimit | undefined, key: string): Promise<boolean> {
  try {
    return limit === undefined || (await limit.limit({ key })).success;
  } catch (error) {
    report("rate_limit_failed", error);
    return true;
  }
}

/** Of who sends; "" where the platform does not say. */
export const addressOf = (request: Request): string =>
  request.headers.get("cf-connecting-ip") ?? "";

/** An address; of IPv6 the first 64 bits, since one subscriber has all that begin so. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return `${[...first, ...zeros, ...last].slice(0, 4).join(":")}::/64`;
}
