// What a script says when it cannot go on for a reason that the user can change: one line, no stack.

/** Ends a script with its message and status 1. */
export class Stop extends Error {}

/** Runs a script: a Stop is a line, anything else a bug with its stack. */
export async function runScript(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Stop ? error.message : error);
    process.exit(1);
  }
}
