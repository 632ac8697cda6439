// Runs the cron at the start of each minute, as Cloudflare does in production: the local server does
// not do it by itself.

const MINUTE = 60_000;
/** How long Cloudflare lets a cron run, ms. */
const LONGEST = 15 * MINUTE;

/** How long until the next minute starts, ms: 1 to 60,000. Pure. */
export const untilNextMinute = (now: number): number => MINUTE - (now % MINUTE);

/** Runs the cron once; says in a line what is wrong, undefined when nothing is. */
export async function runCron(origin: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&format=json`, {
      signal: AbortSignal.timeout(LONGEST),
    });
    const text = await response.text();
    if (response.ok) return undefined;
    return `status ${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs the cron now and at the start of every minute, for as long as the process lives. */
export async function runCronEachMinute(origin: string): Promise<never> {
  for (;;) {
    const problem = await runCron(origin);
    if (problem !== undefined)
      console.error(`The cron failed, and runs again next minute: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, untilNextMinute(Date.now())));
  }
}
