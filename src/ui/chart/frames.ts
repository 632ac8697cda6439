// Spreads the drawing of many charts over frames, so that none of them is long: one chart a frame.
// What it costs is not known when its drawing returns, since browsers paint the canvas later.

const jobs = new Map<object, () => void>();
let frame: number | undefined;

function run(): void {
  frame = undefined;
  const [next] = jobs;
  if (next === undefined) return;
  const [owner, job] = next;
  jobs.delete(owner);
  if (jobs.size > 0) frame = requestAnimationFrame(run);
  job();
}

/** Runs a job in one of the next frames; a later one of the same owner takes its place. */
export function soon(owner: object, job: () => void): void {
  jobs.set(owner, job);
  frame ??= requestAnimationFrame(run);
}

export const never = (owner: object): boolean => jobs.delete(owner);
