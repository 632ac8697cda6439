// What /docs makes of an OpenAPI document.

import { expect, test } from "vitest";
import { operations, shape, typeOf } from "../../../src/ui/openapi.ts";

test("an operation with everything", () => {
  const [operation] = operations({
    info: { title: "T", version: "1" },
    components: {
      schemas: {
        P: { properties: { v: { type: "number" } }, example: { v: 1 } },
        R: { properties: { ok: { const: true } } },
      },
    },
    paths: {
      "/a/{name}": {
        post: {
          summary: "Do",
          parameters: [
            {
              name: "name",
              in: "path",
              required: true,
              schema: { type: "string", example: "x y" },
            },
            { name: "q", in: "query", required: true, schema: { type: "string", example: "1" } },
            { name: "p", in: "query", schema: { type: "string" } },
          ],
          requestBody: {
            content: {
              "application/json": {
                schema: {
                  anyOf: [
                    { $ref: "#/components/schemas/P" },
                    { type: "array", items: { $ref: "#/components/schemas/P" } },
                  ],
                },
              },
            },
          },
          responses: {
            200: {
              description: "OK",
              content: {
                "application/json": {
                  schema: { $ref: "#/components/schemas/R" },
                },
              },
            },
            400: {
              description: "Malformed",
              content: {
                "application/json": { schema: { $ref: "#/components/schemas/ErrorAnswer" } },
              },
            },
          },
        },
      },
    },
  });
  expect(operation).toMatchObject({
    id: "post-a-name",
    method: "POST",
    summary: "Do",
    open: false,
    example: "/a/x%20y?q=1",
    body: {
      types: ["application/json"],
      shape: "P | P[]\n\nP = {\n  v?: number\n}",
      example: { v: 1 },
    },
    answers: [
      { status: "200", description: "OK", shape: "{\n  ok?: true\n}" },
      { status: "400", description: "Malformed" },
    ],
  });
  expect(operation?.answers[1]).not.toHaveProperty("shape");
});

test("types in words", () => {
  expect(typeOf({ enum: ["a", "b"] })).toBe('"a" | "b"');
  expect(typeOf({ type: "integer", minimum: 1, maximum: 9 })).toBe("integer 1–9");
  expect(typeOf({ type: "array", items: { type: "string" } })).toBe("string, repeatable");
  expect(shape({ additionalProperties: { type: "string" } })).toBe("{ [name]: string }");
  expect(shape({ items: { type: ["number", "string"] } })).toBe("(number | string)[]");
});
