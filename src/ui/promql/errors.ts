// Why a text is no expression, and where: by the very reader that the server has.

import type { Place } from "../../core/promql/ast.ts";
import { parseQuery } from "../../core/promql/parse.ts";

export interface ErrorAt extends Place {
  readonly message: string;
}

/** Undefined of an expression, and where nothing is written yet. */
export function errorIn(text: string): ErrorAt | undefined {
  if (text.trim() === "") return undefined;
  const parsed = parseQuery(text);
  if (parsed.ok || parsed.error.kind !== "parse") return undefined;
  const { message, place } = parsed.error;
  return { ...place, message: message.replace(/^\d+:\d+: parse error: /, "") };
}

/** The character at which a note of the server says "(line:column)"; undefined when it says none. */
export function placeOfNote(text: string, note: string): Place | undefined {
  const said = /\((\d+):(\d+)\)$/.exec(note);
  if (said === null) return undefined;
  const lines = text.split("\n").slice(0, Number(said[1]) - 1);
  const start = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(said[2]) - 1;
  const rest = /^[\w:.]*/.exec(text.slice(start))?.[0].length ?? 0;
  return start < text.length ? { start, end: start + Math.max(1, rest) } : undefined;
}
