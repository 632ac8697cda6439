// The token that this browser holds, and whether the server wants another.

import { signal } from "@preact/signals";
import { keep, kept } from "./storage.ts";

const KEY = "minuet.token";

/** Why no store has this token, in words that follow one another; undefined: it may be one. */
export function tokenIssue(text: string): string | undefined {
  if (text === "") return "Type a token";
  // A browser refuses to send anything else, and breaks what sends it.
  const odd = /[^\x21-\x7e]/u.exec(text)?.[0];
  if (odd === undefined) return undefined;
  const [what, kind] = /\s/.test(odd) ? ["a space", "spaces"] : [`“${odd}”`, "such characters"];
  return `This has ${what} in it, and no token has ${kind}. Was it copied whole?`;
}

/** What was kept by another version, or by hand, may be none. */
function keptToken(): string | undefined {
  const text = kept(KEY)?.trim();
  return text !== undefined && tokenIssue(text) === undefined ? text : undefined;
}

export const token = signal(keptToken());

/** The server's last "no". `canAsk`: a token would help; else the store itself is closed. */
export interface Denial {
  readonly message: string;
  readonly canAsk: boolean;
}
export const denial = signal<Denial | undefined>(undefined);

/** Undefined forgets. `text` is one in which `tokenIssue` finds nothing. */
export function setToken(text: string | undefined): void {
  keep(KEY, text);
  token.value = text;
  denial.value = undefined;
}
