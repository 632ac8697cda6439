// A D1 that fails the way the real one does. It wraps the real local D1: what it does not break is
// the real thing. Faults apply to `batch` calls that write (flushes), and to reads on demand.

export type Fault =
  | "none"
  /** Nothing answers, reads neither. */
  | "down"
  /** The batch never reaches D1; the caller sees an error. */
  | "before"
  /** D1 commits; the caller sees an error. */
  | "after"
  /** D1 never answers, and never gets the batch. */
  | "hang"
  /** D1 is slow: it gets the batch when `slow` is set to 0. */
  | "slow"
  /** The caller sees an error now; the batch lands when `releaseZombies` is called. */
  | "zombie";

export interface Faults {
  /** What happens to the next calls, and to how many of them. */
  next: Fault;
  times: number;
  readonly zombies: (() => Promise<unknown>)[];
  /** Batches that slow D1 holds up; 0 lets them through. */
  slow: number;
  /** Queries that were prepared. */
  asked: number;
  /** Batches under way, also those whose callers have timed out. */
  readonly pending: Set<Promise<unknown>>;
}

export const noFaults = (): Faults => ({
  next: "none",
  times: 1,
  zombies: [],
  slow: 0,
  asked: 0,
  pending: new Set(),
});

/** Waits until no batch is under way: whoever wipes D1 must not have one land afterwards. */
export async function settled(faults: Faults): Promise<void> {
  await Promise.allSettled(faults.pending);
}

/** Lets batches land that their callers have long given up. */
export async function releaseZombies(faults: Faults): Promise<void> {
  for (const land of faults.zombies.splice(0)) await land().catch(() => undefined);
}

/** The real D1 refuses a larger parameter; the local one does not. */
function limited(statement: D1PreparedStatement): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  statement.bind = (...params: unknown[]) => {
    for (const param of params)
      if (typeof param === "string" && new TextEncoder().encode(param).length > 2_000_000)
        throw new Error("D1_ERROR: string or blob too big");
    return bind(...params);
  };
  return statement;
}

const lost = (): Promise<never> => Promise.reject(new Error("D1_ERROR: Network connection lost."));

/** A statement that D1 does not answer. */
const unanswered = {
  bind: () => ({ first: lost, all: lost, run: lost, raw: lost }),
  first: lost,
  all: lost,
  run: lost,
  raw: lost,
} as unknown as D1PreparedStatement;

function take(faults: Faults): Fault {
  const fault = faults.next;
  if (--faults.times <= 0) faults.next = "none";
  return fault;
}

export function faultyD1(db: D1Database, faults: Faults): D1Database {
  const batchOf =
    (target: D1Database | D1DatabaseSession) =>
    async (statements: D1PreparedStatement[]): Promise<D1Result[]> => {
      const fault = take(faults);
      if (fault === "slow") {
        faults.slow++;
        // Objects cannot wait for each other's promises: this one looks again and again.
        while (faults.slow > 0) await scheduler.wait(1);
      }
      switch (fault) {
        case "slow":
        case "none": {
          const batch = target.batch(statements);
          faults.pending.add(batch);
          return await batch.finally(() => faults.pending.delete(batch));
        }
        case "down":
        case "before":
          throw new Error("D1_ERROR: Network connection lost.");
        case "after":
          await target.batch(statements);
          throw new Error("D1_ERROR: Network connection lost.");
        case "hang":
          return await new Promise<never>(() => {});
        case "zombie":
          faults.zombies.push(() => target.batch(statements));
          throw new Error(
            "D1_ERROR: storage operation exceeded timeout which caused object to be reset.",
          );
      }
    };
  const sessionOf = (session: D1DatabaseSession): D1DatabaseSession =>
    ({
      prepare: (sql: string) => {
        faults.asked++;
        return faults.next === "down" ? unanswered : limited(session.prepare(sql));
      },
      batch: batchOf(session),
      getBookmark: () => session.getBookmark(),
    }) as D1DatabaseSession;
  return {
    prepare: (sql: string) => {
      faults.asked++;
      return db.prepare(sql);
    },
    batch: batchOf(db),
    exec: (sql: string) => db.exec(sql),
    withSession: (constraint?: string) => sessionOf(db.withSession(constraint)),
    dump: () => db.dump(),
  } as unknown as D1Database;
}

/** The shards, one of which cannot start: whatever is asked of it fails. */
export function withoutShard<Namespace extends DurableObjectNamespace<undefined>>(
  namespace: Namespace,
  broken: number,
): Namespace {
  const failing = (): Promise<never> => Promise.reject(new Error("the object cannot start"));
  return {
    getByName: (name: string) =>
      name === String(broken) ? new Proxy({}, { get: () => failing }) : namespace.getByName(name),
  } as unknown as Namespace;
}

/** The shards, which store what they are sent, and whose answers to that are lost. */
export function answerLost<Namespace extends DurableObjectNamespace<undefined>>(
  namespace: Namespace,
): Namespace {
  type Ask = (...args: unknown[]) => Promise<unknown>;
  const lost =
    (ask: Ask) =>
    async (...args: unknown[]): Promise<never> => {
      await ask(...args);
      throw new Error("the connection was lost");
    };
  const losing = (stub: { readonly append: Ask; readonly appendEach: Ask }) => ({
    append: lost((...args) => stub.append(...args)),
    appendEach: lost((...args) => stub.appendEach(...args)),
  });
  return {
    getByName: (name: string) =>
      losing(namespace.getByName(name) as unknown as Parameters<typeof losing>[0]),
  } as unknown as Namespace;
}
