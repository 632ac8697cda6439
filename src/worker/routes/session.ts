// /api/v1/session: the page exchanges a token for a cookie, which no script can read, and gives it back.

import { z } from "zod";
import type { SessionAnswer } from "../../core/api-tokens.ts";
import { SCOPES, type Caller } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { configOf } from "../env.ts";
import { tokenOf } from "../http/auth.ts";
import { signedIn, signedOut } from "../http/cookie.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { jsonResponse } from "../http/json.ts";
import { isOwnPage } from "../http/origin.ts";

const path = "/api/v1/session";

export const sessionAnswer = exactly<SessionAnswer>()(
  z
    .object({ name: z.string(), scope: z.enum(SCOPES), prefix: z.string() })
    .meta({ id: "SessionAnswer" }),
);

const said = ({ name, scope, prefix }: Caller): SessionAnswer => ({ name, scope, prefix });

export const session = endpoint({
  methods: ["GET"],
  path,
  scope: "any",
  summary: "Who asks, and what they may do",
  answer: sessionAnswer,
  errors: [],
  handle: (_asked, c) => said(c.var.caller),
});

export const signIn = endpoint({
  methods: ["POST"],
  path,
  scope: "any",
  summary: "For the page: exchange the token for a cookie",
  description: `The cookie is HttpOnly, names the token, and ends with it or after ${LIMITS.sessionMs / 86_400_000} days.`,
  answer: sessionAnswer,
  errors: ["forbidden"],
  async handle(_asked, c) {
    const { caller } = c.var;
    const { access } = configOf(c.env);
    const request = c.req.raw;
    // A page of others must not make a browser somebody else here.
    if (isOwnPage(request) === false)
      fail({ kind: "forbidden", message: "Only the store's own page may sign a browser in" });
    if (access?.kind !== "token") return said(caller);
    // A cookie is not worth another one: it would never end.
    if (tokenOf(request.headers) === undefined)
      fail({
        kind: "unauthorized",
        message: "No token to sign in with. Send the header `Authorization: Bearer <token>`",
      });
    const { token, expiresAt: until = Infinity } = caller;
    const cookie = await signedIn(request, access.token, { token, until }, Date.now());
    return jsonResponse(said(caller), { headers: { "set-cookie": cookie } });
  },
});

export const signOut = endpoint({
  methods: ["DELETE"],
  path,
  scope: "open",
  summary: "For the page: end the cookie",
  answer: z.object({ signedOut: z.literal(true) }),
  errors: ["forbidden"],
  handle(_asked, c) {
    if (isOwnPage(c.req.raw) === false)
      fail({ kind: "forbidden", message: "Only the store's own page may sign a browser out" });
    const headers = { "set-cookie": signedOut(c.req.raw) };
    return jsonResponse({ signedOut: true }, { headers });
  },
});
