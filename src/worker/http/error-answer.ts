// The schema of every error, for the API document and the answers that hold one.

import { z } from "zod";
import type { ErrorAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { exactly } from "./endpoint.ts";
import { CODES } from "./failure.ts";

export const failure = z.object({
  code: z.enum(Object.keys(CODES)),
  message: z.string(),
  nearest: z.array(z.string()).exactOptional().meta({
    description:
      "Of an unknown metric: the names that look most like it; none while too many such are asked for",
  }),
  issues: z
    .array(z.object({ index: z.number().exactOptional(), path: z.string(), message: z.string() }))
    .exactOptional()
    .meta({ description: `The first ${LIMITS.issuesListed}` }),
  issueCount: z
    .number()
    .exactOptional()
    .meta({ description: "How many there were, when more than listed" }),
});

export const errorAnswer = exactly<ErrorAnswer>()(
  z.object({ error: failure }).meta({ id: "ErrorAnswer" }),
);
