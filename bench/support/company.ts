// How many commits a shard makes of the requests of many agents: its own group commit, in time that
// passes as fast as it can.

import { GroupCommit } from "../../src/durable/commit.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";

/** How often an agent sends, ms, and how long it takes to collect, at most. */
const EVERY = 15_000;
const TAKES = 2_000;
const ROUNDS = 20;
/** Until what is stored is durable, ms. */
const SYNC = 10;

/** Commits a request, where each of `agents` has its own address and its own moment within 15 s. */
export async function commitsARequest(agents: number): Promise<number> {
  const clock = new VirtualClock(0);
  let commits = 0;
  const commit = new GroupCommit({
    before: () => undefined,
    store: (group) => {
      commits++;
      return group.map(() => ({ kind: "stored", accepted: 1, duplicate: false, rejected: [] }));
    },
    sync: () => clock.wait(SYNC),
    now: clock.now,
    wait: clock.wait,
  });
  const append = { batches: [], layout: 1, attempt: undefined, repeats: false };
  for (let agent = 0; agent < agents; agent++)
    for (let round = 0; round < ROUNDS; round++)
      clock.at(
        EVERY * (round + noise(agent)) + TAKES * noise(agent * ROUNDS + round + 0.5),
        () => void commit.add(append, 10_000, String(agent)),
      );
  await clock.until((ROUNDS + 1) * EVERY);
  return commits / (agents * ROUNDS);
}

/** Between 0 and 1, the same at each run. */
const noise = (i: number): number => {
  const x = Math.sin(i * 78.233 + 1) * 43_758.5453;
  return x - Math.floor(x);
};
