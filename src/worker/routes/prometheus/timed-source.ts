// How long a query read, for who asks for stats. In a Worker the clock stands still but while something is
// awaited: reading takes all the time that is seen.

import type { SampleQuestion, SampleSource, TakeSeries } from "../../../core/promql/source.ts";

export class TimedSource implements SampleSource {
  /** Of all selections, without what takers did meanwhile; of one that came after another, from when that was over. */
  ms = 0;
  readonly #source: SampleSource;

  constructor(source: SampleSource) {
    this.#source = source;
  }

  async select(question: SampleQuestion, take: TakeSeries): ReturnType<SampleSource["select"]> {
    let began = Date.now();
    const begins = (): void => void (began = Date.now());
    question.after?.then(begins, begins);
    let takenMs = 0;
    const found = await this.#source.select(question, async (series) => {
      const takenAt = Date.now();
      await take(series);
      takenMs += Date.now() - takenAt;
    });
    this.ms += Date.now() - began - takenMs;
    return found;
  }
}
