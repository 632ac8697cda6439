// Saved views of which somebody else has another idea meanwhile, and a list that cannot be read again.

import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { SavedView } from "../../../src/core/api-views.ts";
import { signedIn } from "../../../src/ui/models/access.ts";
import { setPanel, view } from "../../../src/ui/models/page.ts";
import {
  bringBack,
  deleted,
  load,
  open,
  overtaken,
  overwrite,
  remove,
  rename,
  saveChanges,
  views,
} from "../../../src/ui/models/views.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/")));

const before = view.peek();
const PATH = "/api/v1/views";

/** What the store has of one view; undefined: it is deleted. */
let stored: SavedView | undefined;
let isReachable = true;
/** Somebody else does this. */
const other = (change: Partial<SavedView>): void => {
  stored = { ...TEAM, ...stored, ...change };
};

function answer(path: string, { method, body }: RequestInit): Response {
  const gone = Response.json({ error: { code: "unknown_view", message: "" } }, { status: 404 });
  if (path === PATH) return Response.json({ views: stored === undefined ? [] : [stored] });
  if (method === "PUT") {
    stored = { ...TEAM, ...(JSON.parse(String(body)) as Partial<SavedView>) };
    return Response.json(stored);
  }
  const was = stored;
  if (was === undefined) return gone;
  if (method !== "DELETE") return Response.json(was);
  stored = undefined;
  return Response.json({ removed: was });
}

const TEAM: SavedView = {
  id: "team",
  name: "Team",
  note: "",
  search: "metric=cpu",
  createdAt: 0,
  updatedAt: 0,
};

beforeEach(async () => {
  vi.stubGlobal("history", { state: null, pushState: () => {} });
  vi.stubGlobal("fetch", (path: string, init: RequestInit) =>
    isReachable ? Promise.resolve(answer(path, init)) : Promise.reject(new TypeError("no network")),
  );
  isReachable = true;
  stored = TEAM;
  overtaken.value = undefined;
  await load();
  open(TEAM);
});
afterAll(() => {
  view.value = before;
  views.value = { kind: "loading" };
});

/** What the page shows is another than was saved. */
const change = (): void => setPanel(0, (panel) => ({ ...panel, stat: "max" }));
const CHANGED = "metric=cpu&stat=max";

describe("when somebody else has changed it,", () => {
  test("a new name keeps their panels", async () => {
    other({ search: "metric=theirs" });
    expect(await rename(TEAM, "Ours", "a note")).toBeUndefined();
    expect(stored).toMatchObject({ name: "Ours", note: "a note", search: "metric=theirs" });
  });

  test("changes of what it shows keep their name", async () => {
    other({ name: "Theirs", note: "read this" });
    change();
    await saveChanges(TEAM);
    expect(stored).toMatchObject({ name: "Theirs", note: "read this", search: CHANGED });
  });

  test("changes do not go over theirs unasked, however new the list is", async () => {
    change();
    other({ name: "Theirs", search: "metric=theirs" });
    await load();
    expect(await saveChanges(stored!)).toBeUndefined();
    expect(stored!.search).toBe("metric=theirs");
    expect(overtaken.value).toMatchObject({ by: "changes", view: { name: "Theirs" } });
    await overwrite(overtaken.value!);
    expect(stored).toMatchObject({ name: "Theirs", search: CHANGED });
    expect(overtaken.value).toBeUndefined();
    await saveChanges(stored!);
    expect(overtaken.value).toBeUndefined();
  });

  test("what they changed before it was opened is no matter", async () => {
    other({ search: "metric=theirs" });
    await load();
    open(stored!);
    change();
    await saveChanges(stored!);
    expect(stored!.search).toBe("metric=theirs&stat=max");
  });

  test("it comes back as it was when it was deleted", async () => {
    other({ search: "metric=theirs" });
    await remove(TEAM);
    await bringBack(deleted.value!);
    expect(stored!.search).toBe("metric=theirs");
  });
});

describe("when somebody else has deleted it,", () => {
  beforeEach(() => {
    stored = undefined;
  });

  test("a new name is not saved, and its form stays", async () => {
    expect(await rename(TEAM, "Ours", "a note")).toBe("Somebody has deleted this view meanwhile");
    expect(stored).toBeUndefined();
    expect(views.value).toMatchObject({ kind: "ready", views: [TEAM] });
  });

  test("changes are saved when that is confirmed", async () => {
    change();
    expect(await saveChanges(TEAM)).toBeUndefined();
    expect(overtaken.value).toMatchObject({ by: "deletion", view: TEAM });
    await overwrite(overtaken.value!);
    expect(stored).toMatchObject({ id: "team", name: "Team", search: CHANGED });
  });

  test("it is deleted all the same", async () => {
    expect(await remove(TEAM)).toBeUndefined();
    expect(deleted.value).toEqual(TEAM);
  });
});

describe("the list", () => {
  test("stays where it cannot be read again, and says why", async () => {
    isReachable = false;
    expect(await rename(TEAM, "Ours", "long")).toBe("The server does not answer");
    await load();
    const failed = "The server does not answer";
    expect(views.value).toMatchObject({ kind: "ready", views: [TEAM], failed });
    isReachable = true;
    await load();
    expect(views.value).not.toHaveProperty("failed");
  });

  test("of another token is not kept", async () => {
    isReachable = false;
    signedIn.value = "since then";
    await load();
    signedIn.value = undefined;
    expect(views.value.kind).toBe("failed");
  });

  test("that comes late is left out", async () => {
    const late = new Promise<Response>((resolve) => {
      setTimeout(() => resolve(Response.json({ views: [] })), 5);
    });
    vi.stubGlobal("fetch", () => late);
    const first = load();
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ views: [TEAM] })));
    await Promise.all([first, load()]);
    expect(views.value).toMatchObject({ views: [TEAM] });
  });
});
