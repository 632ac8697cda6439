// A client that goes away in the middle of a body: nobody is to be told, so nothing is logged, and the
// server goes on. On the bare runtime: the development server before it logs what it sees itself.

import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBare } from "../support/bare.ts";
import type { Server } from "../support/server.ts";

let server: Server;
beforeAll(async () => void (server = await startBare()));
afterAll(() => server.stop());

const BODY = `[${Array(2_000).fill('{"name":"half","value":1}').join()}]`;

/** Sends the head and part of a body, and goes away when they are on their way. */
const sendHalf = (
  goAway: "destroy" | "resetAndDestroy",
  headers: readonly string[],
  part: string,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      const head = ["POST /api/v1/points HTTP/1.1", "Host: 127.0.0.1", ...headers, "", ""];
      socket.write(head.join("\r\n"));
      socket.write(part, () => socket[goAway]());
    });
    socket.on("close", () => resolve()).on("error", reject);
  });

const good = async (): Promise<number> => {
  const response = await fetch(`${server.url}/api/v1/points`, {
    method: "POST",
    body: '{"name":"whole","value":1}',
  });
  await response.text();
  return response.status;
};

test("half a body, and then nothing: the log says nothing, and the server goes on", async () => {
  const length = `Content-Length: ${BODY.length}`;
  const half = BODY.slice(0, BODY.length / 2);
  const chunk = `${half.length.toString(16)}\r\n${half}\r\n`;
  for (const how of ["destroy", "resetAndDestroy", "destroy"] as const) {
    await sendHalf(how, [length], half);
    await sendHalf(how, [length], "");
    await sendHalf(how, ["Transfer-Encoding: chunked"], chunk);
    await sendHalf(how, ["Transfer-Encoding: chunked"], chunk.slice(0, -100));
    await sendHalf(how, [length, "Content-Encoding: gzip"], half);
    await sendHalf(how, ["Transfer-Encoding: chunked", "Content-Encoding: deflate"], chunk);
    await sendHalf(how, [length, "Content-Type: application/x-ndjson"], half);
    await sendHalf(how, [length, "Content-Type: application/xml"], half);
    await sendHalf(how, ["Content-Length: 99999999"], half);
    for (let i = 0; i < 5; i++) expect(await good()).toBe(200);
  }
  expect(server.output()).toBe("");
  const listed = await (await fetch(`${server.url}/api/v1/metrics`)).text();
  expect(listed).toContain('"whole"');
  expect(listed).not.toContain('"half"');
});
