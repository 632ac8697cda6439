// Reads a body of JSON with the zod schema that also documents it.

import type { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { cut } from "../../core/text.ts";
import { parseJson } from "../../core/formats/json.ts";
import { decodeUtf8 } from "../../core/formats/utf8.ts";
import { readBody } from "./body.ts";
import { fail } from "./failure.ts";

/** @throws Failed with an issue for each field that is unknown, missing or wrong. */
export async function jsonBody<S extends z.ZodType>(
  schema: S,
  request: Request,
): Promise<z.output<S>> {
  const text = decodeUtf8(await readBody(request, {}));
  if (!text.ok) return fail({ kind: "invalid_utf8", message: text.error.message });
  const parsed = parseJson(text.value);
  if (!parsed.ok) return fail({ kind: "invalid_json", message: parsed.error.message });
  const read = schema.safeParse(parsed.value.value);
  if (read.success) return read.data;
  // Of keys that are not known zod names all, however many and long they are.
  const issues = read.error.issues.slice(0, LIMITS.issuesListed).map(({ path, message }) => ({
    path: cut(path.join(".")),
    message: cut(message, 400),
  }));
  return fail({
    kind: "invalid_parameter",
    message: issues
      .slice(0, 3)
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      .join("; "),
    issues,
  });
}
