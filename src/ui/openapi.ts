// Reads what /docs shows out of the OpenAPI document: flat lists instead of nested schemas. Pure,
// and lenient: what it does not know it leaves out.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly example?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

type Definitions = Readonly<Record<string, Schema>>;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface OperationObject {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
}

export interface OpenApi {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components?: { readonly schemas?: Definitions };
  /** The codes of errors. */
  readonly "x-error-codes"?: Readonly<
    Record<string, { readonly status: number; readonly meaning: string }>
  >;
}

export interface Answer {
  readonly status: string;
  readonly description: string;
  /** Its shape, as text; absent for errors, which all look alike. */
  readonly shape?: string;
}

export interface Operation {
  /** Names it in an address: "get-api-v1-query". */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Works without a token. */
  readonly open: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: {
    readonly types: readonly string[];
    readonly shape: string;
    readonly example: unknown;
  };
  readonly answers: readonly Answer[];
  /** Path and query of an example request. */
  readonly example: string;
}

export const operations = ({ paths, components }: OpenApi): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      read(path, method, operation, components?.schemas ?? {}),
    ),
  );

function read(
  path: string,
  method: string,
  operation: OperationObject,
  known: Definitions,
): Operation {
  const parameters = operation.parameters ?? [];
  const content = Object.entries(operation.requestBody?.content ?? {});
  const schema = content[0]?.[1].schema;
  return {
    id: `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`.replace(/-$/, ""),
    method: method.toUpperCase(),
    path,
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    open: operation.security?.length === 0,
    parameters,
    ...(schema && {
      body: {
        types: content.map(([type]) => type),
        shape: described(schema, known),
        example: example(schema, known),
      },
    }),
    answers: Object.entries(operation.responses ?? {}).map(([status, answer]) => {
      const made = Object.values(answer.content ?? {})[0]?.schema;
      return {
        status,
        description: answer.description ?? "",
        // Errors all look alike, and are said once.
        ...(made && !made.$ref?.includes("ErrorAnswer") && { shape: described(made, known) }),
      };
    }),
    example: exampleOf(path, parameters),
  };
}

function exampleOf(path: string, parameters: readonly Parameter[]): string {
  const value = ({ schema }: Parameter): string =>
    String(schema?.example ?? schema?.default ?? "…");
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, one) => text.replace(`{${one.name}}`, encodeURIComponent(value(one))), path);
  const query = parameters
    .filter((parameter) => parameter.in === "query" && parameter.required === true)
    .map((parameter) => `${parameter.name}=${encodeURIComponent(value(parameter))}`);
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

/** Last part of a reference: "#/components/schemas/Point" is "Point". */
const nameOf = (reference: string | undefined): string => reference?.split("/").at(-1) ?? "";

/** Some example of a schema; undefined when it has none. */
function example(schema: Schema, known: Definitions): unknown {
  if (schema.example !== undefined) return schema.example;
  const named = known[nameOf(schema.$ref)];
  for (const part of [
    ...(named ? [named] : []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ]) {
    const found = example(part, known);
    if (found !== undefined) return found;
  }
  return schema.items ? example(schema.items, known) : undefined;
}

/** The names that a schema refers to, in the order in which they are met. */
const namesIn = (schema: Schema): string[] =>
  [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) =>
    nameOf(reference),
  );

/** A schema, and under it those that it names. */
function described(schema: Schema, known: Definitions): string {
  const root = known[nameOf(schema.$ref)] ?? schema;
  const names = new Set(namesIn(root));
  for (const name of names) for (const more of namesIn(known[name] ?? {})) names.add(more);
  const named = [...names].map((name) => `${name} = ${shape(known[name] ?? {})}`);
  return [shape(root), ...named].join("\n\n");
}

/** The type of a parameter in a word or two: `"a" | "b"`, `integer 1–1000`. */
export function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return "";
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.items) return `${typeOf(schema.items)}, repeatable`;
  const type = typeof schema.type === "string" ? schema.type : "string";
  const { minimum, maximum } = schema;
  return minimum !== undefined && maximum !== undefined ? `${type} ${minimum}–${maximum}` : type;
}

/** A schema as people write types: `{ accepted: number, duplicate?: true }`. */
export function shape(schema: Schema, indent = ""): string {
  const deeper = `${indent}  `;
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return [...new Set(parts.map((part) => shape(part, indent)))].join(" | ");
  if (schema.properties) {
    const lines = Object.entries(schema.properties).map(([name, property]) => {
      const mark = schema.required?.includes(name) === true ? "" : "?";
      const note = property.description === undefined ? "" : `  // ${property.description}`;
      return `${deeper}${name}${mark}: ${shape(property, deeper)}${note}`;
    });
    return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
  }
  if (schema.prefixItems)
    return `[${schema.prefixItems.map((one) => shape(one, indent)).join(", ")}]`;
  if (schema.items) {
    const inner = shape(schema.items, indent);
    return /^[\w.]+$/.test(inner) || inner.startsWith("{") ? `${inner}[]` : `(${inner})[]`;
  }
  if (typeof schema.additionalProperties === "object")
    return `{ [name]: ${shape(schema.additionalProperties, indent)} }`;
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["any"]);
  return types.join(" | ");
}
