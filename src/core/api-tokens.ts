// The shapes of what is said of tokens: /api/v1/tokens.

import type { Scope } from "./caller.ts";

/** A named token. Times are Unix ms. */
export interface NamedToken {
  readonly id: number;
  readonly name: string;
  readonly scope: Scope;
  /** It reads or writes only metrics whose names begin with this; "": all. */
  readonly prefix: string;
  readonly createdAt: number;
  /** Null: it never does. */
  readonly expiresAt: number | null;
  /** The latest use, give or take an hour; null: none yet. */
  readonly usedAt: number | null;
}

export interface TokensAnswer {
  /** In the order in which they were made. */
  readonly tokens: readonly NamedToken[];
}

export interface CreatedToken extends NamedToken {
  /** The token itself: it is said here, and never again. */
  readonly token: string;
}

/** Who asks. */
export interface SessionAnswer {
  /** Of the token, or words. */
  readonly name: string;
  readonly scope: Scope;
  /** It sees only metrics whose names begin with this; "": all. */
  readonly prefix: string;
}
