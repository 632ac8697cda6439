// GET /api/v1/status: what an operator asks first.

import { z } from "zod";
import { SIGNS, type StatusAnswer } from "../../core/api.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { unreadablePart } from "../http/fields.ts";
import { statusOf } from "../store-status.ts";

const tally = z.record(z.string(), z.number());

export const statusAnswer = exactly<StatusAnswer>()(
  z
    .object({
      version: z.string(),
      now: z.number(),
      shards: z
        .array(
          z.union([
            z.object({
              shard: z.number(),
              series: z.number(),
              unflushedBuckets: z.number(),
              unflushedBytes: z.number(),
              lastFlushAt: z.number().nullable(),
              lagMs: z
                .number()
                .meta({ description: "Age of the oldest point that D1 does not hold" }),
              saturation: z
                .object({
                  series: z.number(),
                  names: z.number().meta({ description: "Characters of all names and labels" }),
                  backlog: z.number().meta({ description: "Bytes that D1 has not taken yet" }),
                  commit: z
                    .number()
                    .meta({ description: "Bytes that wait for a commit at this moment" }),
                  sockets: z.number(),
                })
                .meta({ description: "Shares of its limits: at 1 it refuses" }),
              error: z.string().exactOptional(),
            }),
            z.object({ shard: z.number(), error: z.string() }),
          ]),
        )
        .meta({ description: "Of a shard that does not answer, only its number and the error" }),
      databases: z
        .array(
          z.union([
            z.object({
              name: z.string(),
              limitBytes: z.number().meta({ description: "What Cloudflare lets it grow to" }),
              sizeBytes: z.number(),
              rowsWritten: z.number().exactOptional().meta({
                description:
                  "Since midnight UTC; absent where no shard writes to it, or one that does is silent",
              }),
              rolledUpTo: z.number().meta({
                description:
                  "What it holds of before this time is rolled up into hours, but for what cannot be read",
              }),
              dirtyHours: z.number().meta({
                description: "Pairs of an hour and 16 series that are to be rolled up again",
              }),
              unreadableHours: z.number().exactOptional().meta({
                description: "Such pairs that cannot be read: kept, and tried again each hour",
              }),
              unreadable: z
                .array(z.object({ metric: z.string(), ...unreadablePart.shape }))
                .exactOptional()
                .meta({ description: "Some of the series that they are about" }),
            }),
            z.object({ name: z.string(), limitBytes: z.number(), error: z.string() }),
          ]),
        )
        .meta({
          description:
            "By the names of their bindings. Of one that does not answer, only that and the error",
        }),
      today: z
        .object({
          since: z.number().meta({
            description: "When the first of them was counted: midnight UTC or later",
          }),
          d1RowsWritten: z.number(),
          d1RowsRead: z.number(),
          shardRowsWritten: z.number(),
          shardRequests: z.number().meta({ description: "Calls, sockets and alarms" }),
          pointsAccepted: z
            .number()
            .meta({ description: "Points that were acknowledged, those of repeated requests too" }),
          pointsRefused: tally.meta({
            description: "Points that were not stored, by the code of the reason",
          }),
          requestsRefused: tally.meta({
            description: "Requests that were answered with an error, by its code",
          }),
          atLeast: z
            .literal(true)
            .exactOptional()
            .meta({ description: "A shard started anew today, so some may not be counted" }),
        })
        .meta({
          description:
            "Since midnight UTC: rows, as the platform counted them, requests, and points. What a Worker refused it tells with its next call to a shard",
        }),
      signs: z
        .array(
          z.object({
            sign: z.enum(SIGNS),
            of: z.string().exactOptional().meta({ description: "A shard or a database" }),
            message: z.string(),
          }),
        )
        .meta({
          description:
            "What somebody should look at, worst first: the runbook, at /docs#runbook, has a part for each",
        }),
    })
    .meta({ id: "StatusAnswer" }),
);

export const status = endpoint({
  methods: ["GET"],
  path: "/api/v1/status",
  scope: "read",
  ofAll: true,
  summary: "Shards, databases, what was counted today, and what to look at",
  description:
    "It is about all metrics: a token with a prefix is told 403. A look costs a call to each shard and some rows of each database",
  answer: statusAnswer,
  errors: ["unavailable", "too_many_requests"],
  handle: async (_asked, c) => await statusOf(c.env, Date.now()),
});
