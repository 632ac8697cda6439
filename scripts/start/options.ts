// The command line of `npm start`, and where a token may stand besides. Pure.

import { resolve } from "node:path";
import { SETTINGS } from "../../src/core/config.ts";
import { Stop } from "../stop.ts";
import { parseDatabases } from "./databases.ts";

export interface StartOptions {
  readonly port: number;
  /** Address to listen on. */
  readonly ip: string;
  /** Absolute path of the state folder. */
  readonly persistTo: string;
  /** What requests must bring; undefined: the server is open to everybody. */
  readonly token: string | undefined;
  /** How many databases; undefined: as many as the folder has. */
  readonly databases: number | undefined;
  /** Everything else, for `wrangler dev`. */
  readonly rest: readonly string[];
}

export const HELP = `npm start -- [options]

  --port PORT       listens there; 8787
  --ip ADDRESS      on this address; 127.0.0.1. Others open it to the network
  --persist-to DIR  keeps the data there; .wrangler/state
  --token TOKEN     asks for it in every request, and shows it to all on this machine in the list
                    of processes; else API_TOKEN of the environment, or of .dev.vars
  --databases N     stores in so many D1 databases, which shards share; as many as the folder has,
                    at first 1. May grow from start to start

All other options are those of wrangler dev. SHARDS and the other variables of wrangler.toml are
taken from the environment: SHARDS=4 npm start`;

/** The variables of wrangler.toml that stand in an environment, as options of wrangler. */
export const variablesOf = (environment: Readonly<Record<string, string | undefined>>): string[] =>
  SETTINGS.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : ["--var", `${name}:${value}`];
  });

/** The variable OPEN for an address to listen on: under which names the server answers. */
export const openTo = (ip: string): "local" | "network" =>
  /^(127\.|::1$|localhost$)/.test(ip) ? "local" : "network";

export interface Surroundings {
  /** Where the user stands. */
  readonly folder: string;
  /** Where the project is. */
  readonly root: string;
  /** Values of API_TOKEN, the first that is not empty counts: the environment's, that of .dev.vars. */
  readonly tokens: readonly (string | undefined)[];
}

/** @throws Stop */
export function parseOptions(
  args: readonly string[],
  { folder, root, tokens }: Surroundings,
): StartOptions {
  const known = new Map([
    ["--port", "8787"],
    ["--ip", "127.0.0.1"],
    ["--persist-to", ""],
    ["--token", ""],
    ["--databases", ""],
  ]);
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [name = "", inline] = arg.split(/=(.*)/s);
    if (!known.has(name)) {
      rest.push(arg);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined || value === "") throw new Stop(`${name} needs a value`);
    known.set(name, value);
  }
  const port = known.get("--port")!;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new Stop(`--port "${port}" is not a port: 1 to 65535 are`);
  const persistTo = known.get("--persist-to")!;
  return {
    port: Number(port),
    ip: known.get("--ip")!,
    persistTo: persistTo === "" ? resolve(root, ".wrangler/state") : resolve(folder, persistTo),
    token: [known.get("--token"), ...tokens].find((token) => token !== undefined && token !== ""),
    databases: parseDatabases(known.get("--databases")!),
    rest,
  };
}
