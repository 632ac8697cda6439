// Who sent a request, as far as it decides what may be done, and what a token may be for. Pure.

import { quote } from "./text.ts";
import type { Ask, AskedExpression } from "./view-asks.ts";

/**
 * What a token allows. `read`: queries, lists and live sockets; `write`: storing points, descriptions and
 * events; `admin`: all of it, and removing metrics, flushing, and tokens themselves.
 */
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The id of a token alone names another one after a database was put back to an earlier time. */
export interface NamedToken {
  readonly id: number;
  /** When it was made, Unix ms. */
  readonly createdAt: number;
}

export interface Caller {
  /** Tells callers apart: the id of a token, or one of the words below. */
  readonly id: string;
  /** By which it came, where that has a name. */
  readonly token?: NamedToken;
  /** In words, for a refusal. */
  readonly name: string;
  readonly scope: Scope;
  /** It reads and writes only metrics whose names begin with this; "": all. */
  readonly prefix: string;
  /** Unix ms; absent: it never ends. */
  readonly expiresAt?: number;
  /** Of who has a link to a saved view, and may do nothing else. */
  readonly link?: Link;
}

/** What a link is for. */
export interface Link {
  /** Of its secret. */
  readonly hash: string;
  /** Of its view: a changed view is another. */
  readonly version: number;
  readonly view: { readonly name: string; readonly note: string; readonly search: string };
  readonly asks: readonly Ask[];
  readonly expressions: readonly AskedExpression[];
}

/** Begins no name: whatever goes by the prefix alone shows who has a link nothing. */
export const NO_PREFIX = "\0";

/** Who has API_TOKEN, and everybody where a store is open to its machine. */
export const ADMINISTRATOR: Caller = {
  id: "",
  name: "the administrator",
  scope: "admin",
  prefix: "",
};

/** Who brings no token, where everybody may read. */
export const PUBLIC: Caller = { id: "public", name: "the public", scope: "read", prefix: "" };

/** Why the caller may not do what needs `scope`; undefined when it may. */
export const scopeIssue = ({ name, scope: has }: Caller, scope: Scope): string | undefined =>
  has === "admin" || has === scope
    ? undefined
    : `The token ${quote(name)} has the scope ${has}, and this needs ${scope}`;

/** Why the caller may not read or write a metric of this name; undefined when it may. */
export const prefixIssue = ({ name, scope, prefix }: Caller, metric: string): string | undefined =>
  metric.startsWith(prefix)
    ? undefined
    : `The token ${quote(name)} ${scope}s only metrics whose names begin with ${quote(prefix)}, not ${quote(metric)}`;
