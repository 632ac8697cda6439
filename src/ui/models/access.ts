// The token that this browser holds, and whether the server wants another.

import { signal } from "@preact/signals";
import { keep, kept } from "./storage.ts";

const KEY = "minuet.token";

export const token = signal(kept(KEY));

/** The server's last "no". `canAsk`: a token would help; else the store itself is closed. */
export interface Refusal {
  readonly message: string;
  readonly canAsk: boolean;
}
export const refusal = signal<Refusal | undefined>(undefined);

export function setToken(text: string | undefined): void {
  keep(KEY, text);
  token.value = text;
  refusal.value = undefined;
}
