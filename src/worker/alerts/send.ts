// Sends a notice to its webhook, signed. What a receiver says besides its status is not read.

import { bodyOf, type Told } from "../../core/alerts/notice.ts";
import * as LIMITS from "../../core/limits.ts";
import type { AlertRuleRow } from "../../d1/alert-rules.ts";
import { configOf, type Env } from "../env.ts";
import { webhookIssue } from "./webhook.ts";

/** Whether the store is one of this machine, which may tell its neighbours. */
export const isLocal = (env: Env): boolean => configOf(env).access?.kind === "open";

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** HMAC-SHA256 of "<seconds>.<body>", hexadecimal. */
export async function signature(secret: string, sec: number, body: string): Promise<string> {
  const encoder = new TextEncoder();
  const how = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), how, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, encoder.encode(`${sec}.${body}`)));
}

/** Why it was not taken; undefined: it was. Never throws. */
export async function sendNotice(
  env: Env,
  { url, shape, secret }: Pick<AlertRuleRow, "url" | "shape" | "secret">,
  told: Told,
  now: number,
): Promise<string | undefined> {
  const issue = webhookIssue(url, isLocal(env));
  if (issue !== undefined) return `the address of the webhook ${issue}`;
  const body = bodyOf(shape, told);
  const sec = Math.floor(now / 1_000);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(LIMITS.webhookMs),
      headers: {
        "content-type": "application/json",
        "user-agent": "minuet",
        "idempotency-key": told.key,
        "minuet-signature": `t=${sec},v1=${await signature(secret, sec, body)}`,
      },
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    if (response.status >= 300 && response.status < 400)
      return `the webhook answered ${response.status}: redirects are not followed, give the address that it leads to`;
    return `the webhook answered ${response.status}`;
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    // What the platform says may hold the address, which is a secret of some receivers.
    return isLate
      ? `the webhook did not answer within ${LIMITS.webhookMs} ms`
      : "the webhook cannot be reached";
  }
}
