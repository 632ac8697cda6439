// What a server answers of a backup: lines, and behind them where the next request goes on.

import { Stop } from "../stop.ts";

export interface Piece {
  readonly text: string;
  readonly lines: number;
  readonly unreadable: number;
  /** Undefined: there is no more. */
  readonly next: number | undefined;
  /** Why the server came to no end of the first part: its lines are to be asked for again. */
  readonly failed: string | undefined;
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
    failed: last.failed,
  };
}

interface Last {
  readonly next?: number;
  readonly end?: boolean;
  readonly failed?: string;
}

/** Of a line that was cut off, nothing. */
function lastOf(line: string): Last {
  try {
    return JSON.parse(line) as Last;
  } catch {
    return {};
  }
}
