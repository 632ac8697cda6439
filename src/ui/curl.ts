// What the page asks, as command lines for a terminal.

import { token } from "./models/access.ts";

/** Quotes for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command line for a terminal. It is made to be shared: the token stays a variable of the shell. */
export const curl = (path: string, body?: unknown): string =>
  [
    `curl ${quoted(location.origin + path)}`,
    ...(token.value === undefined ? [] : [`-H "Authorization: Bearer $${TOKEN_VARIABLE}"`]),
    ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
  ].join(" \\\n  ");

const TOKEN_VARIABLE = "MINUET_TOKEN";

/** The same with what sets the variable before: for the reader's own terminal. */
export const curlWithToken = (path: string, body?: unknown): string =>
  token.value === undefined
    ? curl(path, body)
    : `${TOKEN_VARIABLE}=${quoted(token.value)}\n${curl(path, body)}`;
