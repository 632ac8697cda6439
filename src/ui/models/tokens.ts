// The named tokens of the store: listed, made and revoked. What was made is kept here until it is put
// away: nobody says it again.

import { effect, signal } from "@preact/signals";
import type { CreatedToken, NamedToken, TokensAnswer } from "../../core/api-tokens.ts";
import type { Scope } from "../../core/caller.ts";
import { ask, messageOf } from "../api.ts";
import { denial, signedIn } from "./access.ts";

export type Tokens =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly tokens: readonly NamedToken[] };

export const tokens = signal<Tokens>({ kind: "loading" });
/** The one that was made last, with the token itself. */
export const created = signal<CreatedToken | undefined>(undefined);

const PATH = "/api/v1/tokens";

export async function load(): Promise<void> {
  try {
    tokens.value = { kind: "ready", ...(await ask<TokensAnswer>(PATH)) };
  } catch (error) {
    tokens.value = { kind: "failed", message: messageOf(error) };
  }
}

export interface Wish {
  readonly name: string;
  readonly scope: Scope;
  readonly prefix: string;
  /** As the API takes it: "+30d"; "": never. */
  readonly expiresAt: string;
}

/** Returns why it was not made; undefined when it was. */
export async function create({ expiresAt, ...wish }: Wish): Promise<string | undefined> {
  try {
    const body = { ...wish, ...(expiresAt !== "" && { expiresAt }) };
    created.value = await ask<CreatedToken>(PATH, { body });
  } catch (error) {
    return messageOf(error);
  }
  await load();
  return undefined;
}

/** Returns why it is not revoked; undefined when it is. */
export async function revoke(id: number): Promise<string | undefined> {
  let issue: string | undefined;
  try {
    await ask(`${PATH}/${id}`, { method: "DELETE" });
    if (created.peek()?.id === id) created.value = undefined;
  } catch (error) {
    issue = messageOf(error);
  }
  await load();
  return issue;
}

export function startTokens(): void {
  effect(() => {
    void signedIn.value;
    if (denial.value === undefined) void load();
  });
}
