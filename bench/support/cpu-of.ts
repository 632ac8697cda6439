// CPU time of the processes that a bench has started, by the system's count. Linux.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Ticks of /proc a second. */
const TICKS = 100;

export const workerdMs = (): number => processMs("workerd");

/** ms of CPU of all processes that this one has started by that name, so far. */
export function processMs(command: string): number {
  // The system cuts names.
  const known = command.slice(0, 15);
  const ticks = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(
          readFileSync(`/proc/${pid}/stat`, "latin1"),
        )!;
        // state, parent, …; the 12th and 13th are those of the user and of the system.
        const fields = rest!.split(" ").map(Number);
        return name === known && fields[1] === process.pid ? fields[11]! + fields[12]! : 0;
      } catch {
        // It has ended meanwhile.
        return 0;
      }
    });
  return (ticks.reduce((sum, one) => sum + one, 0) * 1_000) / TICKS;
}

/** A second with less CPU than this is one at rest, ms. */
const AT_REST = 50;
/** Seconds to wait for one at most. */
const PATIENCE = 120;

/** Waits until the processes that this one has started by that name are at rest. */
export async function idle(command: string): Promise<void> {
  let before = processMs(command);
  for (let second = 0; second < PATIENCE; second++) {
    await sleep(1_000);
    const now = processMs(command);
    if (now - before < AT_REST) return;
    before = now;
  }
}
