// Spreads what is drawn over frames, so that none of them is long, and none delays what people wait
// for: panels take turns; trifles, such as sparklines, come when no first answer is awaited.

type Jobs = Map<object, () => void>;
const panels: Jobs = new Map();
const trifles: Jobs = new Map();
let frame: number | undefined;
/** First answers that are awaited. */
let awaited = 0;
/** Trifles wait no longer for one, ms: its server may be slow, or never answer. */
const PATIENCE = 300;

/** What a frame may spend on jobs before the rest waits for the next, ms. */
const BUDGET = 4;

const nextJobs = (): Jobs => (panels.size > 0 || awaited > 0 ? panels : trifles);

async function run(): Promise<void> {
  const end = performance.now() + BUDGET;
  try {
    const jobs = nextJobs();
    for (const [owner, job] of jobs) {
      jobs.delete(owner);
      job();
      // What the job changed is rendered in a microtask, and a new chart draws itself in one more:
      // both are over before this goes on, and count as well.
      await Promise.resolve();
      await Promise.resolve();
      if (performance.now() >= end) break;
    }
  } finally {
    frame = undefined;
    wake();
  }
}

function wake(): void {
  if (nextJobs().size > 0) frame ??= requestAnimationFrame(run);
}

/** Runs a job in one of the next frames; a later one of the same owner takes its place. */
export function soon(owner: object, job: () => void): void {
  panels.set(owner, job);
  wake();
}

/** The same for what can wait. */
export function later(owner: object, job: () => void): void {
  trifles.set(owner, job);
  wake();
}

/** Takes back the job of an owner. */
export function forget(owner: object): void {
  panels.delete(owner);
  trifles.delete(owner);
}

/** A first answer is awaited until it is told, by calling what this returns, that it is there. */
export function awaiting(): () => void {
  awaited++;
  let told = false;
  const tell = (): void => {
    if (told) return;
    told = true;
    clearTimeout(patience);
    // After the frame that draws it.
    requestAnimationFrame(() =>
      setTimeout(() => {
        awaited--;
        wake();
      }),
    );
  };
  const patience = setTimeout(tell, PATIENCE);
  return tell;
}
