// What an endpoint is: data, from which the app makes its routes, its 405s, its access rules and the
// API document. It knows no endpoint; routes/list.ts lists them.

import type { Context } from "hono";
import type { z } from "zod";
import type { Scope } from "../../core/caller.ts";
import type { HonoEnv } from "../env.ts";

import type { ErrorCode, Failure } from "./failure.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Endpoint<Q extends z.ZodObject = z.ZodObject, A extends z.ZodType = z.ZodType> {
  /** GET answers HEAD as well. */
  readonly methods: readonly Method[];
  /** Names of metrics and labels stand in the query; ids of what is kept may stand here, as `:id`. */
  readonly path: `/${string}`;
  /**
   * What who asks must be allowed; `any`: whatever it is. `open`: no token is asked for, but a store that is closed or set up
   * wrongly says so; `always`: it answers all the same.
   */
  readonly scope: Scope | "any" | "open" | "always";
  /** What it says is of all metrics: not for who may see only some. */
  readonly ofAll?: true;
  /** Who has a link to a view may ask it: it refuses what the link is not for itself. */
  readonly byLink?: true;
  readonly summary: string;
  readonly description?: string;
  /** Of the query string; absent: none are known. */
  readonly parameters?: Q;
  readonly headers?: readonly Header[];
  readonly body?: { readonly schema: z.ZodType; readonly types: readonly string[] };
  /** The schema of a 200, or what a 101 means. */
  readonly answer: A | string;
  /** Media types of the answer besides JSON. */
  readonly alsoAs?: readonly string[];
  /** It carries an ETag, and is 304 for who has it. */
  readonly cached?: true;
  /** Its own failures; what may befall every endpoint is not listed. */
  readonly errors: readonly ErrorCode[];
  /** The answer to a 422, where it is more than an error. */
  readonly partly?: z.ZodType;
  /** The token where it is not in the usual places; undefined when it is not there either. */
  tokenOf?(request: Request): string | undefined;
  /** The answer when the request is refused, where clients expect another than the native one. */
  refused?(failure: Failure, request: Request): Response;
  /** What it returns is sent as JSON, unless it is a response. @throws Failed */
  handle(
    asked: z.output<Q>,
    c: Context<HonoEnv>,
  ): Plain<z.output<A>> | Response | Promise<Plain<z.output<A>> | Response>;
}

export interface Header {
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** An endpoint whose handler is held to the types of its schemas. */
export const endpoint = <Q extends z.ZodObject, A extends z.ZodType>(
  one: Endpoint<Q, A>,
): Endpoint => one;

/** A schema that must be of exactly the type `T`, one of core/api.ts: else it does not compile. */
export const exactly =
  <T>() =>
  <S extends z.ZodType>(schema: Same<Plain<z.output<S>>, Plain<T>> extends true ? S : never): S =>
    schema;

type Same<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

/** All of it readonly, intersections resolved. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T;
