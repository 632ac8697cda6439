// Whether this browser is signed in, and whether the server wants it to be. The token itself is kept in
// a cookie that no script can read.

import { signal } from "@preact/signals";
import { keep, kept } from "./storage.ts";

const KEY = "minuet.signed-in";

/** When it signed in, as a text that tells one time from another; undefined: it has not, or need not. */
export const signedIn = signal(kept(KEY));

/** The server's last "no". `canAsk`: a token would help; else the store itself is closed. */
export interface Denial {
  readonly message: string;
  readonly canAsk: boolean;
}
export const denial = signal<Denial | undefined>(undefined);

/** Undefined: it has signed out. */
export function setSignedIn(at: string | undefined): void {
  keep(KEY, at);
  signedIn.value = at;
  denial.value = undefined;
}
