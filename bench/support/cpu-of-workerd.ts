// CPU time of the workerd processes of a bench, by the system's count. Linux.

import { readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc a second. */
const TICKS = 100;

/** ms of CPU of all processes that this one has started by the name of workerd, so far. */
export function workerdMs(): number {
  const ticks = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(
          readFileSync(`/proc/${pid}/stat`, "latin1"),
        )!;
        // state, parent, …; the 12th and 13th are those of the user and of the system.
        const fields = rest!.split(" ").map(Number);
        return name === "workerd" && fields[1] === process.pid ? fields[11]! + fields[12]! : 0;
      } catch {
        // It has ended meanwhile.
        return 0;
      }
    });
  return (ticks.reduce((sum, one) => sum + one, 0) * 1_000) / TICKS;
}
