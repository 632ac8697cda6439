// The clock of what waits: injected, so that tests need not sleep.

export interface Clock {
  /** ms, of any beginning. */
  now(): number;
  wait(ms: number): Promise<void>;
}
