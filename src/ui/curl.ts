// What the page asks, as command lines for a terminal.

import { signedIn } from "./models/access.ts";

/** Quotes for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command line for a terminal. The token is a variable of the shell: the page has none to put there. */
export const curl = (path: string, body?: unknown): string =>
  [
    `curl ${quoted(location.origin + path)}`,
    ...(signedIn.value === undefined ? [] : [`-H "Authorization: Bearer $MINUET_TOKEN"`]),
    ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
  ].join(" \\\n  ");
