// format_query of Prometheus' HTTP API: an expression in one style.

import { z } from "zod";
import { formatExpr } from "../../../core/promql/format.ts";
import { parseQuery } from "../../../core/promql/parse.ts";
import { endpoint } from "../../http/endpoint.ts";
import { askedOf, dialect, failQuery } from "./dialect.ts";

export const promFormatQuery = endpoint({
  ...dialect(
    "format_query",
    z.object({ query: z.string().optional().meta({ description: "An expression of PromQL" }) }),
  ),
  summary: "For clients of Prometheus: an expression in one style",
  answer: z.object({ status: z.literal("success"), data: z.string() }),
  errors: ["invalid_body", "too_large"],
  async handle(_, c) {
    const query = (await askedOf(c.req.raw)).get("query") ?? "";
    const expr = parseQuery(query);
    if (!expr.ok) return failQuery(expr.error);
    return { status: "success" as const, data: formatExpr(expr.value, query) };
  },
});
