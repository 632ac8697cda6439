// Decodes one body again and again: what both halves of the decode bench run, in Node and in workerd.

import type { Format } from "../../src/core/formats/format.ts";
import { unzstd } from "../../test/support/unzstd.ts";
import { Intake } from "../../src/core/formats/intake.ts";
import { FORMATS } from "../../src/core/formats/registry.ts";
import { atOnce } from "../../src/core/parts.ts";
import { ARRIVAL, BODIES, POINTS, SAME } from "./decode-bodies.ts";

export interface Case {
  readonly format: string;
  readonly what: string;
}

/** @throws for a format of the registry that has no body here */
export const CASES: readonly Case[] = FORMATS.filter(({ name }) => !SAME.has(name)).flatMap(
  ({ name }) => {
    const bodies = BODIES[name];
    if (bodies === undefined) throw new Error(`bench/support/decode-bodies.ts has none of ${name}`);
    return Object.keys(bodies).map((what) => ({ format: name, what }));
  },
);

/** Decodes it so many times, up to the columns that batches are made of. @throws when a point is lost */
export function decodeRuns({ format: name, what }: Case, runs: number): void {
  const format: Format = FORMATS.find((one) => one.name === name)!;
  const bytes = bytesOf(name, what);
  const asked = { parameters: format.parameters.parse({}), path: format.paths[0]! };
  for (let i = 0; i < runs; i++) {
    const intake = new Intake({ shards: 1, now: ARRIVAL, retentionHourDays: 400 });
    const read = atOnce(format.decode(bytes, asked, intake, unzstd));
    if (!read.ok || intake.length !== POINTS || intake.issueCount > 0)
      throw new Error(
        `${name}, ${what}: ${intake.length} points, ${JSON.stringify(intake.issues[0])}`,
      );
  }
}

/** Bodies that were made: to make one takes as long as to decode it some times. */
const made = new Map<string, Uint8Array>();

function bytesOf(name: string, what: string): Uint8Array {
  const known = made.get(`${name} ${what}`);
  if (known !== undefined) return known;
  const body = BODIES[name]![what]!();
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  made.set(`${name} ${what}`, bytes);
  return bytes;
}
