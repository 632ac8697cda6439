// What `npm run export` and `npm run import` make of answers that are cut off, late, refused or too many.

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { pieceOf } from "../../../scripts/backup/piece.ts";
import { putSettings, settingLines } from "../../../scripts/backup/settings.ts";
import { Client } from "../../../scripts/demo/client.ts";

async function clientOf(answer: RequestListener, waiting = (_why: string): void => undefined) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new Client({ url: `http://127.0.0.1:${port}`, token: undefined }, waiting);
}

test("an answer that was cut off is said to be, wherever the cut is", () => {
  expect(pieceOf('{"metric":"a"}\n{"next":5}\n')).toMatchObject({ lines: 1, next: 5 });
  for (const cut of ["", '{"metric":"a"}\n', '{"metric":"a"}\n{"ne', '{"metr'])
    expect(() => pieceOf(cut)).toThrow("the server ended an answer early");
  expect(pieceOf('{"metric":"a"}\n{"failed":"D1","next":5}\n')).toMatchObject({ failed: "D1" });
});

test("more events of one instant than an answer holds end no export in silence", async () => {
  const client = await clientOf((request, response) => {
    const events = [{ id: "5-a", timestamp: 5, text: "a", tags: [] }];
    const isEvents = request.url!.startsWith("/api/v1/events");
    response.end(JSON.stringify(isEvents ? { events, truncated: true } : { views: [], rules: [] }));
  });
  await expect(settingLines(client)).rejects.toThrow(
    /events of 1970-01-01T00:00:00.005Z .* an answer holds/,
  );
});

test("a setting that is refused is left, and the others go in; a rule goes once", async () => {
  const sent: string[] = [];
  const there = { id: "2-x", timestamp: 2, text: "known", tags: ["a"] };
  const client = await clientOf((request, response) => {
    if (request.method === "GET")
      return void response.end(JSON.stringify({ views: [], rules: [], events: [there] }));
    sent.push(request.url!);
    const isRefused = request.url === "/api/v1/events";
    response.writeHead(isRefused ? 400 : 200);
    return void response.end(isRefused ? '{"error":{"code":"x","message":"is too old"}}' : "{}");
  });
  const rule = { rule: { name: "much" } } as never;
  const event = { event: { timestamp: 1, text: "old", tags: [] } };
  const view = { view: { id: "v", name: "", note: "", search: "" } };
  const known = { event: { timestamp: 2, text: "known", tags: ["a"] } };
  expect(await putSettings(client, [event, known, rule, rule, view])).toEqual({
    stored: 2,
    kept: 2,
    left: 1,
    why: expect.stringMatching(/^event "old": .*is too old/),
    rules: ["much"],
  });
  expect(sent).toEqual(["/api/v1/events", "/api/v1/alerts/rules", "/api/v1/views/v"]);
});

test("an answer may take long, and is given up when nothing more comes of it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const whys: string[] = [];
  const client = await clientOf(
    (_request, response) => {
      if (++asked !== 2) return void response.end("whole");
      response.write("begun");
      return undefined;
    },
    (why) => whys.push(why),
  );
  expect(await client.ask("/")).toBe("whole");
  const answered = client.ask("/");
  await vi.waitFor(() => expect(asked).toBe(2), { interval: 1 });
  await vi.advanceTimersByTimeAsync(61_000);
  await vi.waitFor(() => expect(whys).toEqual(["nothing came for 60 s"]));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await answered).toBe("whole");
});
