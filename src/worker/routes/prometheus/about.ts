// What clients of Prometheus ask about the server itself: which it is, and for what it does not have.

import { z } from "zod";
import { endpoint } from "../../http/endpoint.ts";
import { VERSION } from "../../version.ts";
import { dialect } from "./dialect.ts";

const none = z.object({});
const answerOf = <T extends z.ZodType>(data: T) => z.object({ status: z.literal("success"), data });

/** Whose language is spoken: Grafana chooses by it what it may ask. */
const LIKE = "3.0.0";

export const promBuildInfo = endpoint({
  ...dialect("status/buildinfo", none),
  methods: ["GET"],
  summary: "For clients of Prometheus: the version of Prometheus whose PromQL is spoken",
  answer: answerOf(z.record(z.string(), z.string())),
  errors: [],
  handle: () => ({
    status: "success" as const,
    data: {
      application: "minuet",
      version: LIKE,
      revision: VERSION,
      goVersion: "",
      branch: "",
      buildDate: "",
      buildUser: "",
    },
  }),
});

export const promExemplars = endpoint({
  ...dialect("query_exemplars", none),
  summary: "For clients of Prometheus: exemplars, of which none are kept",
  answer: answerOf(z.array(z.unknown())),
  errors: [],
  handle: () => ({ status: "success" as const, data: [] }),
});
