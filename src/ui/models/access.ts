// The token that this browser holds, and whether the server wants another. It is kept in
// localStorage; where that is forbidden, only as long as the page is open.

import { signal } from "@preact/signals";

const KEY = "minuet.token";

const stored = (): string | undefined => {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
};

export const token = signal(stored());

/** The server's last "no". `canAsk`: a token would help; else the store itself is closed. */
export interface Refusal {
  readonly message: string;
  readonly canAsk: boolean;
}
export const refusal = signal<Refusal | undefined>(undefined);

export function setToken(text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
  } catch {
    // It is kept in memory.
  }
  token.value = text;
  refusal.value = undefined;
}
