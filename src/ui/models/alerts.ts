// The rules of alerts on their page: listed with what they find, made, changed, silenced, tried and deleted.

import { effect, signal } from "@preact/signals";
import type { CreatedRule, RuleAnswer, RulesAnswer } from "../../core/api-alerts.ts";
import type { SessionAnswer } from "../../core/api-tokens.ts";
import { MINUTE } from "../../core/tiers.ts";
import { ask, messageOf } from "../api.ts";
import { denial, signedIn } from "./access.ts";
import { bodyOf, type Draft, draftOf } from "./rule-draft.ts";

export type Alerts =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly rules: readonly RuleAnswer[];
      /** Only administrators change rules. */
      readonly mayChange: boolean;
      /** Why the last look failed: what is here is older. */
      readonly failed?: string;
    };

export const alerts = signal<Alerts>({ kind: "loading" });
/** What is being written; undefined: nothing. */
export const draft = signal<Draft | undefined>(draftOf(location.search));
/** The rule that was made last, with its secret. */
export const created = signal<CreatedRule | undefined>(undefined);

const PATH = "/api/v1/alerts/rules";

let asking: AbortController | undefined;

/** Reads them anew. What was asked before is dropped: it would tell what was before a change. */
export async function load(): Promise<void> {
  asking?.abort();
  const asked = (asking = new AbortController());
  const { signal } = asked;
  let next: Alerts;
  try {
    const [{ rules }, { scope }] = await Promise.all([
      ask<RulesAnswer>(`${PATH}?measured=true`, { signal }),
      ask<SessionAnswer>("/api/v1/session", { signal }),
    ]);
    next = { kind: "ready", rules, mayChange: scope === "admin" };
  } catch (error) {
    const message = messageOf(error);
    const known = alerts.peek();
    next = known.kind === "ready" ? { ...known, failed: message } : { kind: "failed", message };
  }
  if (asking !== asked) return;
  asking = undefined;
  alerts.value = next;
}

/** Does something to rules and reads them again. Returns why it was not done; undefined when it was. */
async function change(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    return messageOf(error);
  }
  await load();
  return undefined;
}

export const save = (wish: Draft): Promise<string | undefined> =>
  change(async () => {
    const body = bodyOf(wish);
    if (wish.id !== undefined) await ask(`${PATH}/${wish.id}`, { method: "PUT", body });
    else created.value = await ask<CreatedRule>(PATH, { body });
    close();
  });

/** Nothing is written any more: neither does the address ask for it. */
export function close(): void {
  draft.value = undefined;
  if (location.search !== "") history.replaceState(null, "", location.pathname);
}

export const remove = (id: number): Promise<string | undefined> =>
  change(async () => {
    await ask(`${PATH}/${id}`, { method: "DELETE" });
    if (created.peek()?.id === id) created.value = undefined;
    if (draft.peek()?.id === id) close();
  });

/** `until`: as the API takes it; undefined ends the silence. */
export const silence = (id: number, until: string | undefined): Promise<string | undefined> =>
  change(() =>
    until === undefined
      ? ask(`${PATH}/${id}/silence`, { method: "DELETE" })
      : ask(`${PATH}/${id}/silence`, { body: { until } }),
  );

export const sendTest = (id: number): Promise<string | undefined> =>
  change(() => ask(`${PATH}/${id}/test`, { method: "POST" }));

/** Rules are looked at each minute: so is what is shown of them, and a little sooner. */
const EVERY = MINUTE / 3;

export function startAlerts(): void {
  let shownWith = signedIn.peek();
  effect(() => {
    // What another token has shown is not kept.
    if (signedIn.value !== shownWith) alerts.value = { kind: "loading" };
    shownWith = signedIn.value;
    if (denial.value === undefined) void load();
  });
  setInterval(() => {
    // One that takes long is waited for.
    if (!document.hidden && denial.peek() === undefined && asking === undefined) void load();
  }, EVERY);
}
