// Spreads the drawing of many charts over frames, so that none of them is long.

const jobs = new Map<object, () => void>();
let frame: number | undefined;

/** What a frame may spend on charts before the rest waits for the next, ms. */
const BUDGET = 4;

function run(): void {
  frame = undefined;
  const end = performance.now() + BUDGET;
  for (const [owner, job] of jobs) {
    jobs.delete(owner);
    job();
    if (performance.now() >= end) break;
  }
  if (jobs.size > 0) frame = requestAnimationFrame(run);
}

/** Runs a job in one of the next frames; a later one of the same owner takes its place. */
export function soon(owner: object, job: () => void): void {
  jobs.set(owner, job);
  frame ??= requestAnimationFrame(run);
}

export const never = (owner: object): boolean => jobs.delete(owner);
