// GET and POST /api/v1/tokens, DELETE /api/v1/tokens/:id: who may use the store besides the administrator.

import { z } from "zod";
import type { CreatedToken, NamedToken, TokensAnswer } from "../../core/api-tokens.ts";
import { SCOPES } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { quote } from "../../core/text.ts";
import { metricNameIssue } from "../../core/series/labels.ts";
import { parseTime } from "../../core/time.ts";
import { addToken, readTokens, removeToken, type TokenRow } from "../../d1/tokens.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { issue } from "../http/fields.ts";
import { jsonBody } from "../http/json-body.ts";
import { digestOf, newTokenText } from "../http/token-text.ts";
import { tokenListOf } from "../token-list.ts";
import { closeSockets } from "./close-sockets.ts";

const path = "/api/v1/tokens";

const namedToken = z.object({
  id: z.number(),
  name: z.string(),
  scope: z.enum(SCOPES),
  prefix: z.string().meta({ description: "Of the names of its metrics; empty: all" }),
  createdAt: z.number(),
  expiresAt: z.number().nullable().meta({ description: "Null: never" }),
  usedAt: z.number().nullable().meta({
    description: "The latest use, give or take an hour; null: none yet",
  }),
});

export const tokensAnswer = exactly<TokensAnswer>()(
  z.object({ tokens: z.array(namedToken) }).meta({ id: "TokensAnswer" }),
);

export const createdToken = exactly<CreatedToken>()(
  namedToken
    .extend({
      token: z.string().meta({ description: "The token itself: it is said here, and never again" }),
    })
    .meta({ id: "CreatedToken" }),
);

/** A time to come: Unix ms, ISO 8601, or relative. */
const expiry = z.union([z.string(), z.number()]).transform((given, ctx) => {
  const now = Date.now();
  const at = parseTime(String(given), now);
  if (at.ok && at.value > now) return at.value;
  ctx.addIssue({ code: "custom", message: at.ok ? "is past" : at.error });
  return z.NEVER;
});

const newToken = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(LIMITS.tokenNameLength)
      .meta({ description: "Who or what it is for", example: "collectd on web-1" }),
    scope: z.enum(SCOPES).meta({
      description:
        "read: queries; write: storing points, descriptions and events; admin: everything, tokens too",
    }),
    prefix: z
      .string()
      .superRefine(issue((text) => (text === "" ? undefined : metricNameIssue(`${text}x`))))
      .default("")
      .meta({
        description:
          "It reads or writes only metrics whose names begin with this, and sees no others; not of admin",
        example: "web.",
      }),
    expiresAt: expiry.optional().meta({
      description: "Unix ms, ISO 8601, or relative (+90d); absent: it never expires",
    }),
  })
  .refine(({ scope, prefix }) => scope !== "admin" || prefix === "", {
    path: ["prefix"],
    message: "is for read and write: an administrator may make tokens for all metrics",
  });

const named = (row: TokenRow): NamedToken => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  prefix: row.prefix,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
});

export const tokens = endpoint({
  methods: ["GET"],
  path,
  scope: "admin",
  summary: "The named tokens, without the tokens themselves",
  answer: tokensAnswer,
  errors: ["unavailable"],
  async handle(_asked, c) {
    const { rows } = await readTokens(c.env.DB);
    return { tokens: rows.map(named) };
  },
});

export const createToken = endpoint({
  methods: ["POST"],
  path,
  scope: "admin",
  summary: "Make a named token",
  description:
    "The answer has the token, once: only its digest is kept. It is used in all places where API_TOKEN is.",
  body: { schema: newToken, types: ["application/json"] },
  answer: createdToken,
  errors: ["invalid_json", "invalid_utf8", "too_large", "too_many_tokens", "unavailable"],
  async handle(_asked, c) {
    const { name, scope, prefix, expiresAt } = await jsonBody(newToken, c.req.raw);
    const token = newTokenText();
    const row = await addToken(c.env.DB, {
      name,
      hash: await digestOf(token),
      scope,
      prefix,
      created_at: Date.now(),
      expires_at: expiresAt ?? null,
    });
    if (row === undefined)
      return fail({
        kind: "too_many_tokens",
        message: `the store has ${LIMITS.tokens} tokens, the limit: revoke some with DELETE ${path}/<id>`,
      });
    return { ...named(row), token };
  },
});

export const revokeToken = endpoint({
  methods: ["DELETE"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Revoke a named token",
  description: "It is refused at once where this was asked, and within a minute everywhere.",
  answer: z.object({ revoked: namedToken }).meta({ id: "RevokedAnswer" }),
  errors: ["unknown_token", "unavailable"],
  async handle(_asked, c) {
    const text = c.req.param("id") ?? "";
    const row = /^\d{1,15}$/.test(text) ? await removeToken(c.env.DB, Number(text)) : undefined;
    // Also when it was gone: another isolate may have revoked it, and this one not know.
    tokenListOf(c.env).forget();
    await closeSockets(c.env, [text], "the token is revoked");
    if (row !== undefined) return { revoked: named(row) };
    return fail({
      kind: "unknown_token",
      message: `no token ${quote(text)}; GET ${path} lists all`,
    });
  },
});
