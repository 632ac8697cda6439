// Fields of schemas that several endpoints share. A schema of one endpoint stands with it.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { metricNameIssue } from "../../core/series/labels.ts";
import { parseTime } from "../../core/time.ts";

/** A refinement by a function that says what is wrong with a text. */
export const issue =
  (of: (text: string) => string | undefined) =>
  (text: string, ctx: z.RefinementCtx): void => {
    const message = of(text);
    if (message !== undefined) ctx.addIssue({ code: "custom", message });
  };

export const metricName = z
  .string()
  .superRefine(issue(metricNameIssue))
  .meta({
    description: `1 to ${LIMITS.nameLength} characters of UTF-8 without control or invisible characters, ", { or }, or white space at an end; not . or ..`,
    example: "cpu.load",
  });

export const time = (byDefault: string, what: string): z.ZodType<number, string | undefined> =>
  z
    .string()
    .default(byDefault)
    .transform((text, ctx) => {
      const at = parseTime(text, Date.now());
      if (at.ok) return at.value;
      ctx.addIssue({ code: "custom", message: at.error });
      return z.NEVER;
    })
    .meta({
      description: `${what}: Unix ms (0 is the beginning), ISO 8601, or relative (now, -6h, now-7d)`,
      example: byDefault,
    });

/** Of what is stored and cannot be read: whose it is, of when, and why. */
export const unreadablePart = z.object({
  labels: z.record(z.string(), z.string()),
  from: z.number(),
  to: z.number(),
  message: z.string(),
});

export const whole = (byDefault: number, max: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(1).max(max).default(byDefault);
