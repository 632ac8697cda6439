// /api/v1/events: what happened beside the metrics, drawn as marks on all charts. They are of the whole
// store: who may see only some metrics neither reads nor writes them.

import { z } from "zod";
import type { EventSaid, EventsAnswer } from "../../core/api-events.ts";
import * as LIMITS from "../../core/limits.ts";
import { keptFrom } from "../../core/query/plan.ts";
import { quote } from "../../core/text.ts";
import { parseTime } from "../../core/time.ts";
import { addEvent, type EventRow, readEvents, removeEvent } from "../../d1/events.ts";
import { configOf } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { time, whole } from "../http/fields.ts";
import { idempotencyKeyOf, keyHeader } from "../http/idempotency-key.ts";
import { jsonBody } from "../http/json-body.ts";
import { digestOf } from "../http/token-text.ts";

const path = "/api/v1/events";

const event = z
  .object({
    id: z.string(),
    timestamp: z.number(),
    text: z.string(),
    tags: z.array(z.string()),
  })
  .meta({ id: "Event" });

export const eventAnswer = exactly<EventSaid>()(event);

export const eventsAnswer = exactly<EventsAnswer>()(
  z
    .object({ events: z.array(event), truncated: z.literal(true).exactOptional() })
    .meta({ id: "EventsAnswer" }),
);

/** Unix ms, ISO 8601, or relative; of the years that points may have. */
const when = z.union([z.string(), z.number()]).transform((given, ctx) => {
  const now = Date.now();
  const at = parseTime(String(given), now);
  const issue = !at.ok
    ? at.error
    : at.value < LIMITS.earliestAt
      ? "is before 2001"
      : at.value > now + LIMITS.aheadMs
        ? "is more than 10 minutes ahead"
        : undefined;
  if (at.ok && issue === undefined) return at.value;
  ctx.addIssue({ code: "custom", message: issue ?? "is no time" });
  return z.NEVER;
});

const newEvent = z.strictObject({
  text: z.string().trim().min(1).max(LIMITS.eventLength).meta({ example: "deployed 4.2" }),
  timestamp: when.optional().meta({
    description: "Unix ms, ISO 8601, or relative (-5m); absent: now",
  }),
  tags: z
    .array(z.string().trim().min(1).max(LIMITS.eventTagLength))
    .max(LIMITS.eventTags)
    .default([])
    .meta({ example: ["deploy", "web"] }),
});

/** An id tells when it was: so it is found by the key of the table. */
const said = ({ at, id, text, tags }: EventRow): EventSaid => ({
  id: `${at}-${id}`,
  timestamp: at,
  text,
  tags: JSON.parse(tags) as readonly string[],
});

export const events = endpoint({
  methods: ["GET"],
  path,
  scope: "read",
  ofAll: true,
  summary: "The events of a range, the latest first",
  parameters: z.object({
    from: time("-1h", "Start of the range, inclusive"),
    to: time("now", "End of the range, exclusive"),
    limit: whole(LIMITS.eventsPerAnswer, LIMITS.eventsPerAnswer).meta({
      description: "Events in the answer",
    }),
  }),
  answer: eventsAnswer,
  cached: true,
  errors: ["unavailable"],
  async handle({ from, to, limit }, c) {
    const rows = await readEvents(c.env.DB, from, to, limit + 1);
    return {
      events: rows.slice(0, limit).map(said),
      ...(rows.length > limit && { truncated: true as const }),
    };
  },
});

export const addOne = endpoint({
  methods: ["POST"],
  path,
  scope: "write",
  ofAll: true,
  summary: "Say that something happened: a mark on all charts",
  description:
    "Sent again with the same timestamp, text and tags, or within a day with the same Idempotency-Key, it counts once. Events are kept as long as hours are.",
  headers: [keyHeader("Makes a retry harmless, also of an event without a timestamp")],
  body: { schema: newEvent, types: ["application/json"] },
  answer: eventAnswer,
  errors: [
    "invalid_json",
    "invalid_utf8",
    "too_large",
    "too_many_events",
    "key_reused",
    "unavailable",
  ],
  async handle(_asked, c) {
    const key = idempotencyKeyOf(c.req.raw);
    const { text, timestamp, tags } = await jsonBody(newEvent, c.req.raw);
    const now = Date.now();
    const at = timestamp ?? now;
    const kept = keptFrom("hour", now, configOf(c.env).retention);
    if (at < kept)
      fail({
        kind: "invalid_parameter",
        message: `timestamp: is before ${new Date(kept).toISOString()}: events are kept as long as hours`,
        issues: [{ path: "timestamp", message: "is older than events are kept" }],
      });
    const row: EventRow = {
      at,
      id: await idOf(key === undefined ? [[text, tags]] : [c.var.caller.id, key]),
      text,
      tags: JSON.stringify(tags),
    };
    const { before, added } = await addEvent(
      c.env.DB,
      row,
      key === undefined ? [at, at] : [Math.min(at, now - LIMITS.dedupMs), LIMITS.latestAt],
    );
    const isOther =
      before !== undefined &&
      (before.text !== row.text ||
        before.tags !== row.tags ||
        (timestamp !== undefined && before.at !== at));
    if (isOther)
      fail({ kind: "key_reused", message: "the Idempotency-Key came before with another event" });
    return said(
      before ??
        added ??
        fail({
          kind: "too_many_events",
          message: `its day has ${LIMITS.eventsPerDay} events, the limit: delete some with DELETE ${path}/<id>`,
        }),
    );
  },
});

/** The same of the same event: sent again with its time, or its key, it is one. */
const idOf = async (of: readonly unknown[]): Promise<string> =>
  (await digestOf(JSON.stringify(of))).slice(0, 16);

export const removeOne = endpoint({
  methods: ["DELETE"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Delete an event",
  answer: z.object({ removed: event }).meta({ id: "RemovedEventAnswer" }),
  errors: ["unknown_event", "unavailable"],
  async handle(_asked, c) {
    const text = c.req.param("id") ?? "";
    const [, at, id] = /^(\d{1,15})-(\w{1,40})$/.exec(text) ?? [];
    const row =
      at === undefined || id === undefined
        ? undefined
        : await removeEvent(c.env.DB, Number(at), id);
    if (row !== undefined) return { removed: said(row) };
    return fail({
      kind: "unknown_event",
      message: `no event ${quote(text)}; GET ${path} lists those of a range`,
    });
  },
});
