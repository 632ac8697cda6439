// Lists in JSON of others whose items are taken one by one, so that a large body is never held as objects as a whole.

import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";
import { isArray, isObject } from "./json.ts";
import { parseInParts, type Streamed } from "./json-parts.ts";
import { behindMark } from "./utf8.ts";

/**
 * Hands out the items of the list that a body is, or, with a `key`, that an object has under it: of a large one no
 * more than a part is held at a time. What else the body holds is passed over. False: there is no such list.
 */
export function* itemsInParts(
  bytes: Uint8Array,
  key: string | undefined,
  take: Streamed["take"],
  part?: number,
): Generator<number, Result<boolean, BadBody>> {
  const body = bytes.subarray(behindMark(bytes, 0));
  const read = yield* parseInParts(body, { ...(part !== undefined && { part }) }, { key, take });
  if (!read.ok) return read;
  const { value } = read.value;
  const list = key === undefined ? value : isObject(value) ? value[key] : undefined;
  if (!isArray(list)) return ok(false);
  // Of one that was handed out nothing is left.
  const bad = yield* take(list);
  return bad === undefined ? ok(true) : err(bad);
}
