import { afterEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { Turns } from "../../src/worker/turns.ts";
import { fetchApi } from "./api-client.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("large work goes in turns: of two in turn, and others come in between", async () => {
  const seen: string[] = [];
  function* work(name: string): Generator<number, string> {
    for (let i = 0; i < 6; i++) {
      seen.push(name);
      yield LIMITS.rowsPerTurn;
    }
    return name;
  }
  const ending = new AbortController();
  const small = (async () => {
    for (; !ending.signal.aborted; await scheduler.wait(0)) seen.push(".");
  })();
  expect(await Promise.all(["a", "b"].map((name) => new Turns().run(work(name))))).toEqual([
    "a",
    "b",
  ]);
  ending.abort();
  await small;
  const parts = seen.join("").replace(/^\.+/, "");
  expect(parts.replaceAll(".", "")).toHaveLength(12);
  // The first part of each is begun at once; from then on one goes after the other, with others between.
  expect(parts).not.toMatch(/[ab]{3}/);
  expect(parts.replaceAll(".", "")).not.toMatch(/aaaa|bbbb/);
});

test("turns are short while others come beside large work, and a while longer", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(LIMITS.besideMs);
  const isShort = (): boolean => {
    const turns = new Turns();
    const is = turns.isOver(LIMITS.rowsPerShortTurn);
    turns.rest();
    return is;
  };
  // Who asks one thing after the other comes when there is no large work.
  await fetchApi("/healthz");
  expect(isShort()).toBe(false);
  const turns = new Turns();
  const next = turns.next();
  await fetchApi("/healthz");
  await next;
  turns.rest();
  // Also the first turn of what begins now.
  vi.advanceTimersByTime(LIMITS.besideMs - 1);
  expect(isShort()).toBe(true);
  vi.advanceTimersByTime(1);
  expect(isShort()).toBe(false);
  expect(turns.isOver(LIMITS.rowsPerTurn)).toBe(true);
  turns.rest();
});

test("who came beside large work goes first: its next piece waits a moment for it, and no longer", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  // Longer than in all tests before.
  vi.advanceTimersByTime(60_000);
  const waits = vi.spyOn(scheduler, "wait");
  const turns = new Turns();
  const waited = async (): Promise<number | undefined> => {
    waits.mockClear();
    await turns.next();
    return waits.mock.calls[0]?.[0];
  };
  expect(await waited()).toBe(0);
  const next = turns.next();
  await fetchApi("/healthz");
  await next;
  expect(await waited()).toBe(LIMITS.besideFirstMs);
  vi.advanceTimersByTime(LIMITS.besideFirstMs - 1);
  expect(await waited()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await waited()).toBe(0);
  turns.rest();
  waits.mockRestore();
});

test("large work whose request is gone is no company", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(LIMITS.besideMs);
  // What it waits for never comes.
  const waits = vi.spyOn(scheduler, "wait").mockReturnValueOnce(new Promise(() => {}));
  void new Turns().next();
  waits.mockRestore();
  const isShort = (): boolean => new Turns().isOver(LIMITS.rowsPerShortTurn);
  vi.advanceTimersByTime(LIMITS.turnMs);
  await fetchApi("/healthz");
  expect(isShort()).toBe(true);
  vi.advanceTimersByTime(LIMITS.besideMs);
  await fetchApi("/healthz");
  expect(isShort()).toBe(false);
});

test("a request that is gone in its turn holds up nobody for long", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  await new Turns().next();
  let came = false;
  const next = new Turns();
  const coming = next.next().then(() => (came = true));
  for (let i = 0; i < 5; i++) await scheduler.wait(1);
  expect(came).toBe(false);
  vi.advanceTimersByTime(LIMITS.turnMs);
  await coming;
  next.rest();
});

test("large bodies are decoded one after the other, also behind one that failed, and queries go in between", async () => {
  const seen: string[] = [];
  function* body(name: string): Generator<number, string> {
    for (let i = 0; i < 4; i++) {
      seen.push(name);
      yield LIMITS.itemsPerTurn;
    }
    return name;
  }
  const points = { long: LIMITS.itemsPerTurn, short: LIMITS.itemsPerTurn };
  const decoding = (name: string) => new Turns(points).decode(() => body(name));
  function* broken(): Generator<number, string> {
    yield 1;
    throw new Error("broken");
  }
  const failing = new Turns(points).decode(broken);
  const others = ["a", "b", "c"].map(decoding);
  await expect(failing).rejects.toThrow("broken");
  expect(await Promise.all(others)).toEqual(["a", "b", "c"]);
  expect(seen.join("")).toMatch(/^(?:aaaa|bbbb|cccc){3}$/);
  const work = new Turns(points).run(body("q"));
  expect(await Promise.all([decoding("d"), work])).toEqual(["d", "q"]);
  expect(seen.slice(12).join("")).toMatch(/d+q+d/);
});

test("a body whose request is gone holds up others for no longer than a turn may", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  function* body(): Generator<number, string> {
    yield LIMITS.itemsPerTurn;
    return "read";
  }
  const gone = new Turns();
  // Nothing that it waits for comes any more.
  gone.next = () => new Promise(() => {});
  void gone.decode(body);
  let read: string | undefined;
  const other = new Turns().decode(body).then((what) => (read = what));
  for (let i = 0; i < 5; i++) await scheduler.wait(1);
  expect(read).toBeUndefined();
  vi.advanceTimersByTime(LIMITS.turnMs - 1);
  for (let i = 0; i < 5; i++) await scheduler.wait(1);
  expect(read).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(await other).toBe("read");
});

test("whose body waits for a turn that is held up keeps its place", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const seen: string[] = [];
  function* body(name: string): Generator<number, string> {
    for (let i = 0; i < 3; i++) {
      seen.push(name);
      yield LIMITS.rowsPerTurn;
    }
    return name;
  }
  // Of a request that is gone.
  await new Turns().next();
  const both = ["a", "b"].map((name) => new Turns().decode(() => body(name)));
  for (let i = 0; i < 5; i++) {
    await scheduler.wait(2);
    vi.advanceTimersByTime(LIMITS.turnMs / 4);
  }
  expect(await Promise.all(both)).toEqual(["a", "b"]);
  expect(seen.join("")).toBe("aaabbb");
});
