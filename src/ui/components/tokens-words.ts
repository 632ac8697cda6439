// What scopes are called on the page.

import type { Scope } from "../../core/caller.ts";

export const MAY: Readonly<Record<Scope, string>> = {
  write: "Store points",
  read: "Read",
  admin: "Do everything",
};
