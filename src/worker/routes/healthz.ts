// GET /healthz: does the Worker run? Anybody may ask, as often as they like: it wakes nothing and
// costs nothing. What state the store is in says /api/v1/status.

import { z } from "zod";
import { endpoint } from "../http/endpoint.ts";

export const healthz = endpoint({
  methods: ["GET"],
  path: "/healthz",
  scope: "always",
  summary: "200 when the Worker runs",
  answer: z.object({ ok: z.literal(true) }),
  errors: [],
  handle: () => ({ ok: true as const }),
});
