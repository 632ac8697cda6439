// /api/v1/shared/values: the expressions of a view, for who has a link to it, and no others.

import { z } from "zod";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { answer, answerRange, errors } from "./prometheus/query.ts";

const text = (description: string): z.ZodString => z.string().meta({ description });

export const sharedValues = endpoint({
  methods: ["GET"],
  path: "/api/v1/shared/values",
  scope: "read",
  byLink: true,
  summary: "The values of an expression of the view that a link leads to",
  description:
    "For who sends the secret of a link as their token. The answer is that of Prometheus' query_range, of the series that the filters of the view let through.",
  parameters: z.object({
    query: text("An expression of the view, to the letter"),
    start: text("Seconds or RFC 3339"),
    end: text("Seconds or RFC 3339, inclusive"),
    step: text("Seconds or a duration"),
    limit: text("At most so many series, and a warning when there are more; 0: all").optional(),
  }),
  answer,
  errors: [...errors, "unavailable", "too_many_requests"],
  async handle({ query }, c) {
    const { link } = c.var.caller;
    if (link === undefined)
      return fail({
        kind: "forbidden",
        message: "This is for who has a link to a view: send its secret as the token",
      });
    const asked = link.expressions.find(({ expr }) => expr === query);
    if (asked === undefined)
      return fail({
        kind: "forbidden",
        message: "The link is for a view that does not have this expression, to the letter",
      });
    // Who saved the view and made the link may read everything, and chose to show this.
    return answerRange(c, new URL(c.req.url).searchParams, { prefix: "", where: asked.where });
  },
});
