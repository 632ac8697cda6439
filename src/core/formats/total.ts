// What became of a request that was stored piece by piece: the sum of what became of its pieces.

import * as LIMITS from "../limits.ts";
import type { Rejection } from "../api.ts";
import { rejectedCount } from "./said.ts";
import type { Counts, Outcome } from "./outcome.ts";

type Failed = Extract<Outcome, { readonly failed: unknown }>;

export class Total {
  accepted = 0;
  readonly #rejected: Rejection[] = [];
  #withoutValue = 0;
  #skipped = 0;
  #refused = 0;
  #duplicate = true;
  #failed: Failed | undefined;

  /** Adds what became of piece `index`, which stored its points or did not; `name` is what it is called. */
  add(outcome: Outcome, index: number, name: string): void {
    if (!("rejected" in outcome)) throw new Error(`a piece cannot be ${outcome.kind}`);
    this.accepted += outcome.accepted;
    this.#withoutValue += outcome.withoutValue;
    this.#skipped += outcome.skipped;
    this.#refused += rejectedCount(outcome);
    this.#duplicate &&= outcome.duplicate;
    for (const { code, message } of outcome.rejected)
      this.#rejected.push({
        index,
        code,
        message: code === "invalid_point" ? `${name}: ${message}` : message,
      });
    if (outcome.kind !== "stored" && outcome.kind !== "partly")
      if (this.#failed?.kind !== "unavailable") this.#failed = outcome;
  }

  /** Whether what follows need not be tried: a shard stores no more, or nearly everything is refused. */
  get isOver(): boolean {
    return this.#failed !== undefined || this.isRefused;
  }

  /** Whether more was refused than a whole request may hold: to list it all would take memory. */
  get isRefused(): boolean {
    return this.#refused > LIMITS.pointsPerRequest;
  }

  outcome(): Outcome {
    const counts = this.#counts();
    if (this.#failed !== undefined) return { ...this.#failed, ...counts };
    return { kind: counts.rejected.length > 0 ? "partly" : "stored", ...counts };
  }

  #counts(): Counts {
    return {
      accepted: this.accepted,
      duplicate: this.#duplicate,
      rejected: this.#rejected,
      withoutValue: this.#withoutValue,
      skipped: this.#skipped,
    };
  }
}
