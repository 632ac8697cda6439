// The saved views of the store, and the links to them. Loaded when the menu of views is opened first.

import { signal } from "@preact/signals";
import type {
  CreatedLink,
  LinksAnswer,
  SavedView,
  ViewLink,
  ViewsAnswer,
} from "../../core/api-views.ts";
import { ApiError, ask, messageOf } from "../api.ts";
import { parseView, type View, viewAddress } from "../url.ts";
import { signedIn } from "./access.ts";
import { amend, go, goTo, view } from "./page.ts";

export type Views =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly views: readonly SavedView[];
      /** When its reader signed in. */
      readonly reader: string | undefined;
      /** Why the last look failed: what is here is older. */
      readonly failed?: string;
    };

export const views = signal<Views>({ kind: "loading" });
/** What was deleted last, to be brought back. */
export const deleted = signal<SavedView | undefined>(undefined);
/** What somebody else has done to a view meanwhile, so that the changes here are not saved. */
export interface Overtaken {
  readonly by: "changes" | "deletion";
  /** As it is by now, or was. */
  readonly view: SavedView;
}
export const overtaken = signal<Overtaken | undefined>(undefined);

const PATH = "/api/v1/views";

/** What each view was when this page took it up or first heard of it: what is changed here starts from that. */
const takenUp = new Map<string, string>();
const takeUp = ({ id, search }: SavedView): unknown => takenUp.set(id, search);

/** The page shows it as it is by now: what somebody else did before is no matter any more. */
function begin(one: SavedView): void {
  takeUp(one);
  overtaken.value = undefined;
}

let looks = 0;

/** Reads the list anew; an older one that comes later is left out. */
export async function load(): Promise<void> {
  const look = ++looks;
  const reader = signedIn.peek();
  let next: Views;
  try {
    next = { kind: "ready", ...(await ask<ViewsAnswer>(PATH)), reader };
  } catch (error) {
    const message = messageOf(error);
    const known = views.peek();
    // A form in the list outlives a look that fails.
    const isOwn = known.kind === "ready" && known.reader === reader;
    next = isOwn ? { ...known, failed: message } : { kind: "failed", message };
  }
  if (look !== looks) return;
  if (next.kind === "ready") for (const one of next.views) if (!takenUp.has(one.id)) takeUp(one);
  views.value = next;
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
export function open(one: SavedView): void {
  begin(one);
  goTo(viewOf(one));
}
/** For an address that names the view, but no panel: what else it says it keeps. No entry in the history. */
export function settle(one: SavedView): void {
  const base = viewOf(one);
  begin(one);
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

/** Undefined: the view is no more. @throws ApiError */
async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.code === "unknown_view") return undefined;
    throw error;
  }
}

/** As it is by now: somebody else may have changed or deleted it. */
const asIs = ({ id }: SavedView): Promise<SavedView | undefined> =>
  unlessGone(ask<SavedView>(`${PATH}/${id}`));

/** Returns why it is not done; undefined when it is, and what has come of it is read. */
async function doing(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    return messageOf(error);
  }
  await load();
  return undefined;
}

/** Saves what the page shows. */
async function putShown(one: Pick<SavedView, "id" | "name" | "note">): Promise<void> {
  begin(await put({ ...one, search: searchOf(view.peek()) }));
}

/** Saves what the page shows as a new view, which it then is. */
export const saveNew = (name: string, note: string): Promise<string | undefined> =>
  doing(async () => {
    const id = newId();
    await putShown({ id, name, note });
    go({ saved: id });
  });

/** Saves what the page shows as the view that it was opened as, unless somebody else was first. */
export const saveChanges = (one: SavedView): Promise<string | undefined> =>
  doing(async () => {
    const now = await asIs(one);
    if (now === undefined) overtaken.value = { by: "deletion", view: one };
    else if (now.search !== takenUp.get(one.id)) overtaken.value = { by: "changes", view: now };
    else await putShown(pick(now));
  });

/** Saves what the page shows all the same: over what somebody else has saved, or brings back what is deleted. */
export const overwrite = ({ view }: Overtaken): Promise<string | undefined> =>
  doing(() => putShown(pick(view)));

/** What a view shows stays as it is by now. */
export const rename = (one: SavedView, name: string, note: string): Promise<string | undefined> =>
  doing(async () => {
    const now = await asIs(one);
    if (now === undefined)
      throw new ApiError(404, "unknown_view", "Somebody has deleted this view meanwhile");
    await put({ ...pick(now), name, note });
  });

export const remove = (one: SavedView): Promise<string | undefined> =>
  doing(async () => {
    const done = await unlessGone(
      ask<{ readonly removed: SavedView }>(`${PATH}/${one.id}`, { method: "DELETE" }),
    );
    deleted.value = done?.removed ?? one;
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
