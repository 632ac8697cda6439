// format_query and parse_query of Prometheus' HTTP API: an expression in one style, and as a tree.

import { z } from "zod";
import { formatExpr } from "../../../core/promql/format.ts";
import { parseQuery } from "../../../core/promql/parse.ts";
import { treeJson } from "../../../core/promql/tree-json.ts";
import { endpoint } from "../../http/endpoint.ts";
import { askedOf, dialect, failQuery } from "./dialect.ts";

const parameters = z.object({
  query: z.string().optional().meta({ description: "An expression of PromQL" }),
});
const errors = ["invalid_body", "too_large"] as const;

export const promFormatQuery = endpoint({
  ...dialect("format_query", parameters),
  summary: "For clients of Prometheus: an expression in one style",
  answer: z.object({ status: z.literal("success"), data: z.string() }),
  errors,
  async handle(_, c) {
    const query = (await askedOf(c.req.raw)).get("query") ?? "";
    const expr = parseQuery(query);
    if (!expr.ok) return failQuery(expr.error);
    return { status: "success" as const, data: formatExpr(expr.value, query) };
  },
});

export const promParseQuery = endpoint({
  ...dialect("parse_query", parameters),
  summary: "For clients of Prometheus: an expression as a tree",
  answer: z.object({
    status: z.literal("success"),
    data: z.looseObject({ type: z.string() }).meta({ description: "As Prometheus 3 writes it" }),
  }),
  errors,
  async handle(_, c) {
    const expr = parseQuery((await askedOf(c.req.raw)).get("query") ?? "");
    if (!expr.ok) return failQuery(expr.error);
    return { status: "success" as const, data: treeJson(expr.value) };
  },
});
