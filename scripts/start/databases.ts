// How many databases a local server has, and a configuration of wrangler that binds them where
// wrangler.toml binds another number. The state folder remembers how many it has: none is ever left out.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { databaseName } from "../../src/core/databases.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { Stop } from "../stop.ts";
import { codeOf } from "./checks.ts";

/** The names of `count` databases. */
export const firstDatabases = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => databaseName(index));

/** How many a wrangler.toml binds; what is commented out is not. Pure. */
export function boundIn(toml: string): number {
  const names = [...toml.matchAll(/^\s*binding\s*=\s*"(DB(?:_\d+)?)"/gm)].map(([, name]) => name);
  return firstDatabases(LIMITS.databases).filter((name) => names.includes(name)).length;
}

/** What `--databases` says; undefined when it is not given. @throws Stop. Pure. */
export function parseDatabases(text: string): number | undefined {
  if (text === "") return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= LIMITS.databases) return count;
  throw new Stop(
    `--databases "${text}" is not a number of databases from 1 to ${LIMITS.databases}`,
  );
}

/**
 * `asked` for, `held` by the folder and `bound` by wrangler.toml: how many to serve. @throws Stop when
 * data would be left out. Pure.
 */
export function databasesToServe(
  folder: string,
  { asked, held, bound }: Readonly<Record<"asked" | "held" | "bound", number | undefined>>,
): number {
  const has = held ?? 1;
  if (asked !== undefined && asked < has)
    throw new Stop(
      `The data in ${folder} are in ${has} databases, and --databases ${asked} would leave some out: databases can be added, never taken away. Leave the option out, or take another folder with \`npm start -- --persist-to DIR\`.`,
    );
  return asked ?? Math.max(has, bound ?? 1);
}

/** In the state folder: how many databases it has. */
const FILE = "databases";

/** Undefined for a folder of which nobody said so: a new one, or one of before there were several. */
export async function heldIn(folder: string): Promise<number | undefined> {
  try {
    const count = Number(await readFile(join(folder, FILE), "utf8"));
    return Number.isInteger(count) ? count : undefined;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

export const hold = (folder: string, count: number): Promise<void> =>
  writeFile(join(folder, FILE), `${count}\n`);

interface Bound {
  readonly binding: string;
}

/** A wrangler.toml as an object, with what is needed of it here. */
export interface RawConfig {
  readonly main?: string | undefined;
  readonly assets?: { readonly directory?: string | undefined } | undefined;
  readonly d1_databases?: readonly Bound[] | undefined;
}

/** The same configuration with `count` databases, to be read from any folder. Pure. */
export function withDatabases(raw: RawConfig, root: string, count: number): RawConfig {
  const known = new Map(raw.d1_databases?.map((one) => [one.binding, one]));
  const path = (relative: string | undefined): string => resolve(root, relative ?? ".");
  return {
    ...raw,
    main: path(raw.main),
    assets: { ...raw.assets, directory: path(raw.assets?.directory) },
    d1_databases: firstDatabases(count).map((binding, index) => ({
      ...(known.get(binding) ?? { binding, database_name: `minuet-${index}` }),
      migrations_dir: path("drizzle/migrations"),
    })),
  };
}

/** Writes a configuration with `count` databases into a folder, and returns its path. */
export async function writeConfig(root: string, folder: string, count: number): Promise<string> {
  // It takes a second to load, and mostly wrangler.toml serves as it is.
  const { experimental_readRawConfig: read } = await import("wrangler");
  const { rawConfig } = read({ config: join(root, "wrangler.toml") });
  await mkdir(folder, { recursive: true });
  const file = join(folder, "wrangler.json");
  await writeFile(file, JSON.stringify(withDatabases(rawConfig, root, count)));
  return file;
}
