// How long a query read, for who asks for stats. In a Worker the clock stands still but while something is
// awaited: reading takes all the time that is seen.

import type { SampleQuestion, SampleSource, TakeSeries } from "../../../core/promql/source.ts";

export class TimedSource implements SampleSource {
  /** Until samples were handed out, of all selections; where two are read at once, that time is counted once. */
  ms = 0;
  readonly #source: SampleSource;
  #reading = 0;
  #since = 0;

  constructor(source: SampleSource) {
    this.#source = source;
  }

  async select(question: SampleQuestion, take: TakeSeries): ReturnType<SampleSource["select"]> {
    if (this.#reading++ === 0) this.#since = Date.now();
    let isRead = false;
    const read = (): void => {
      if (isRead) return;
      isRead = true;
      if (--this.#reading === 0) this.ms += Date.now() - this.#since;
    };
    try {
      return await this.#source.select(question, (series) => {
        read();
        return take(series);
      });
    } finally {
      read();
    }
  }
}
