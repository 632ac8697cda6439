// What a server answers of a backup: lines, and behind them where the next request goes on.

import { Stop } from "../stop.ts";

export interface Piece {
  readonly text: string;
  readonly lines: number;
  readonly unreadable: number;
  /** Undefined: there is no more. */
  readonly next: number | undefined;
}

/** @throws Stop when the answer was cut off */
export function pieceOf(answer: string): Piece {
  const lines = answer.split("\n").filter((line) => line !== "");
  const last = lastOf(lines.pop() ?? "{}");
  if (last.next === undefined && last.end !== true)
    throw new Stop("the server ended an answer early: run the same command again");
  const unreadable = lines.filter((line) => line.startsWith('{"unreadable"')).length;
  return {
    text: lines.map((line) => `${line}\n`).join(""),
    lines: lines.length,
    unreadable,
    next: last.next,
  };
}

/** Of a line that was cut off, nothing. */
function lastOf(line: string): { readonly next?: number; readonly end?: boolean } {
  try {
    return JSON.parse(line) as { next?: number; end?: boolean };
  } catch {
    return {};
  }
}
