// The seam of endpoints: one value in the list is routed, documented, refused for other methods and
// asks for the token. Nothing else has to know of it.

import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/worker/app.ts";
import { endpoint, exactly } from "../../src/worker/http/endpoint.ts";
import { fail } from "../../src/worker/http/failure.ts";
import { documented } from "../../src/worker/http/openapi.ts";
import { failureOf, TOKEN } from "./api-client.ts";

const toy = endpoint({
  methods: ["GET"],
  path: "/api/v1/toy",
  scope: "write",
  summary: "A toy",
  parameters: z.object({ size: z.coerce.number().int().min(1).default(3) }),
  answer: z.object({ toys: z.array(z.string()) }).meta({ id: "ToyAnswer" }),
  cached: true,
  errors: ["not_found"],
  handle: ({ size }) =>
    size > 9
      ? fail({ kind: "not_found", message: "no toy of that size" })
      : { toys: Array<string>(size).fill("ball") },
});

const app = createApp(documented([toy]));
const { OPEN: _open, ...closed } = env;
const bearer = { authorization: `Bearer ${TOKEN}` };

const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
  app.request(path, { headers: bearer, ...init }, { ...closed, API_TOKEN: TOKEN });

describe("a toy endpoint is one value", () => {
  test("routed: its handler gets the parameters, its answer is sent", async () => {
    const response = await ask("/api/v1/toy?size=2");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe('{"toys":["ball","ball"]}\n');
    const etag = response.headers.get("etag") ?? "";
    const headers = { ...bearer, "if-none-match": etag };
    expect((await ask("/api/v1/toy?size=2", { headers })).status).toBe(304);
    expect(await (await ask("/api/v1/toy/")).json()).toEqual({ toys: ["ball", "ball", "ball"] });
  });

  test("HEAD is answered as GET, without the body", async () => {
    const response = await ask("/api/v1/toy", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.has("etag")).toBe(true);
    expect(await response.text()).toBe("");
  });

  test("a HEAD lets go what the body would be made of", async () => {
    let isCancelled = false;
    const body = () => new ReadableStream({ cancel: () => void (isCancelled = true) });
    const streamed = createApp(documented([{ ...toy, handle: () => new Response(body()) }]));
    const path = "/api/v1/toy";
    await streamed.request(
      path,
      { method: "HEAD", headers: bearer },
      { ...closed, API_TOKEN: TOKEN },
    );
    expect(isCancelled).toBe(true);
  });

  test("its parameters are checked, its failures rendered", async () => {
    const error = await failureOf(await ask("/api/v1/toy?size=0"), 400, "invalid_parameter");
    expect(error.issues).toMatchObject([{ path: "size" }]);
    await failureOf(await ask("/api/v1/toy?colour=red"), 400, "invalid_parameter");
    await failureOf(await ask("/api/v1/toy?size=10"), 404, "not_found");
  });

  test("other methods are refused, with Allow", async () => {
    for (const method of ["POST", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await ask("/api/v1/toy", { method });
      expect(response.headers.get("allow")).toBe("GET, HEAD");
      await failureOf(response, 405, "method_not_allowed");
    }
  });

  test("it asks for the token", async () => {
    const response = await ask("/api/v1/toy", { headers: {} });
    await failureOf(response, 401, "unauthorized");
  });

  test("documented", async () => {
    const document: unknown = await (await ask("/openapi.json")).json();
    expect(document).toMatchObject({
      paths: {
        "/api/v1/toy": {
          get: {
            summary: "A toy",
            parameters: [{ name: "size", in: "query", required: false, schema: { default: 3 } }],
            responses: {
              200: {
                content: {
                  "application/json": { schema: { $ref: "#/components/schemas/ToyAnswer" } },
                },
              },
              304: {},
              400: {},
              401: {},
              404: { description: "Unknown (not_found)" },
            },
          },
        },
        "/openapi.json": {},
      },
      components: { schemas: { ToyAnswer: { properties: { toys: { type: "array" } } } } },
    });
  });

  test("paths of others are not there", async () => {
    await failureOf(await ask("/api/v1/status"), 404, "not_found");
  });
});

test("a schema that is not the type of its answer does not compile", () => {
  interface Toy {
    readonly name: string;
    readonly size?: number;
  }
  const name = z.string();
  const size = z.number();
  exactly<Toy>()(z.object({ name, size: size.exactOptional() }));
  // @ts-expect-error a field is missing
  exactly<Toy>()(z.object({ name }));
  // @ts-expect-error a field is one too many
  exactly<Toy>()(z.object({ name, size: size.exactOptional(), colour: name }));
  // @ts-expect-error a field is not optional
  exactly<Toy>()(z.object({ name, size }));
  // @ts-expect-error a field is of another type
  exactly<Toy>()(z.object({ name: size, size: size.exactOptional() }));
  // @ts-expect-error the handler returns something else
  endpoint({ ...toy, answer: z.object({ toys: name }), handle: () => ({ toys: 3 }) });
  expect.assertions(0);
});
