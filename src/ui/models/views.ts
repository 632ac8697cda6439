// The saved views of the store, and the links to them. Loaded when the menu of views is opened first.

import { signal } from "@preact/signals";
import type {
  CreatedLink,
  LinksAnswer,
  SavedView,
  ViewLink,
  ViewsAnswer,
} from "../../core/api-views.ts";
import { ask, messageOf } from "../api.ts";
import { parseView, type View, viewAddress } from "../url.ts";
import { amend, go, goTo, view } from "./page.ts";

export type Views =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly views: readonly SavedView[] };

export const views = signal<Views>({ kind: "loading" });
/** What was deleted last, to be brought back. */
export const deleted = signal<SavedView | undefined>(undefined);

const PATH = "/api/v1/views";

export async function load(): Promise<void> {
  try {
    views.value = { kind: "ready", ...(await ask<ViewsAnswer>(PATH)) };
  } catch (error) {
    views.value = { kind: "failed", message: messageOf(error) };
  }
}

/** What of a page is kept: not whether it is a saved view already. */
function searchOf(shown: View): string {
  const { saved: _, ...rest } = shown;
  return viewAddress({ ...rest, page: "explore" }).replace(/^\/\??/, "");
}

/** Whether the page shows something else than what is saved. */
export const isChanged = (one: SavedView, shown: View): boolean =>
  searchOf(parseView("/", `?${one.search}`)) !== searchOf(shown);

export const viewOf = ({ id, search }: SavedView): View => ({
  ...parseView("/", `?${search}`),
  saved: id,
});
export const addressOf = (one: SavedView): string => viewAddress(viewOf(one));
export const open = (one: SavedView): void => goTo(viewOf(one));
/** For an address that names the view, but no panel: what else it says it keeps. No entry in the history. */
export function settle(one: SavedView): void {
  const base = viewOf(one);
  // More than what was meant is never shown.
  const { where } = parseView("/", location.search);
  const all = [...new Set([...base.where, ...where])];
  amend({ ...parseView("/", location.search, base), where: all }, location.search);
}
/** What is shown is of no view from now on. */
export function leave(): void {
  const { saved: _, ...rest } = view.peek();
  amend(rest);
}

/** Ten characters that no other view has. */
const newId = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 12);

const put = (one: Pick<SavedView, "id" | "name" | "note" | "search">): Promise<SavedView> => {
  const { id, ...body } = one;
  return ask<SavedView>(`${PATH}/${id}`, { method: "PUT", body });
};

/** Returns why it is not done; undefined when it is. */
async function doing(act: () => Promise<unknown>): Promise<string | undefined> {
  let issue: string | undefined;
  try {
    await act();
  } catch (error) {
    issue = messageOf(error);
  }
  await load();
  return issue;
}

/** Saves what the page shows as a new view, which it then is. */
export const saveNew = (name: string, note: string): Promise<string | undefined> =>
  doing(async () => {
    const { id } = await put({ id: newId(), name, note, search: searchOf(view.peek()) });
    go({ saved: id });
  });

/** Saves what the page shows as the view that it was opened as. */
export const saveChanges = (one: SavedView): Promise<string | undefined> =>
  doing(() => put({ ...pick(one), search: searchOf(view.peek()) }));

export const rename = (one: SavedView, name: string, note: string): Promise<string | undefined> =>
  doing(() => put({ ...pick(one), name, note }));

export const remove = (one: SavedView): Promise<string | undefined> =>
  doing(async () => {
    await ask(`${PATH}/${one.id}`, { method: "DELETE" });
    deleted.value = one;
  });

export const bringBack = (one: SavedView): Promise<string | undefined> =>
  doing(async () => {
    await put(pick(one));
    deleted.value = undefined;
  });

const pick = ({ id, name, note, search }: SavedView) => ({ id, name, note, search });

/** @throws ApiError */
export const linksOf = async (id: string): Promise<readonly ViewLink[]> =>
  (await ask<LinksAnswer>(`${PATH}/${id}/links`)).links;

/** @throws ApiError */
export const newLink = (id: string): Promise<CreatedLink> =>
  ask<CreatedLink>(`${PATH}/${id}/links`, { method: "POST" });

/** @throws ApiError */
export const revoke = (id: string, link: string): Promise<unknown> =>
  ask(`${PATH}/${id}/links/${link}`, { method: "DELETE" });
