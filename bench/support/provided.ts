// What the setup of a benchmark hands over to it: the one runs in Node, the other in workerd.

export interface Cpu {
  /** By points a request, ms beyond that of an empty one. */
  readonly worker: readonly (readonly [points: number, ms: number])[];
  /** A series-hour, ms. */
  readonly rollUp: number;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly cpu: Cpu;
  }
}
