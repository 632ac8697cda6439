// Reads the parameters of a request with the zod schema that also documents them.

import { z } from "zod";
import { cut, quote } from "../../core/text.ts";
import { fail } from "./failure.ts";

/** Names of the parameters of a schema that may be repeated. */
const repeatable = (schema: z.ZodObject): Set<string> =>
  new Set(
    Object.entries(schema.shape)
      .filter(([, field]) => z.safeParse(field as z.ZodType, []).success)
      .map(([name]) => name),
  );

/** Whether a schema lets parameters pass that it does not know. */
export const isLoose = ({ def }: z.ZodObject): boolean =>
  def.catchall !== undefined && z.safeParse(def.catchall, "").success;

const known = new WeakMap<z.ZodObject, Set<string>>();

/** @throws Failed with an issue for each parameter that is unknown, repeated or wrong. */
export function parameters<T extends z.ZodObject>(schema: T, url: string): z.output<T> {
  const at = url.indexOf("?");
  // Most points come without parameters. What was read is not kept: times are relative to now.
  const search = at < 0 ? undefined : grouped(url.slice(at + 1));
  let lists = known.get(schema);
  if (lists === undefined) known.set(schema, (lists = repeatable(schema)));
  const values: Record<string, string | string[]> = {};
  const issues: { path: string; message: string }[] = [];
  for (const [name, all] of search ?? []) {
    if (!Object.hasOwn(schema.shape, name)) {
      if (isLoose(schema)) continue;
      issues.push({
        path: cut(name),
        message: `unknown parameter; this path takes ${Object.keys(schema.shape).join(", ") || "none"}`,
      });
    } else if (lists.has(name)) values[name] = all;
    else if (all.length > 1) issues.push({ path: name, message: "is given more than once" });
    else values[name] = all[0]!;
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success)
    for (const { path, message } of parsed.error.issues) {
      const name = String(path[0]);
      if (issues.some((issue) => issue.path === name)) continue;
      const given = values[name];
      const text = Array.isArray(given) ? given[Number(path[1])] : given;
      issues.push({
        path: name,
        message: given === undefined ? "is required" : got(message, text),
      });
    }
  return issues.length > 0 || !parsed.success ? refuse(issues) : parsed.data;
}

/** The values of each parameter, in one pass however many there are. */
function grouped(query: string): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return groups;
}

/** The message with the input that it is about, unless it quotes it already. */
function got(message: string, text: string | undefined): string {
  if (text === undefined || message.includes(quote(text))) return message;
  return `${message}, got ${quote(text)}`;
}

const refuse = (issues: readonly { path: string; message: string }[]): never =>
  fail({
    kind: "invalid_parameter",
    message: issues
      .slice(0, 3)
      .map(({ path, message }) => `${path}: ${message}`)
      .join("; "),
    issues,
  });
