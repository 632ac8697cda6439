// The one server of the client tests: the real one, closed by a token, as in production.

import type { TestProject } from "vitest/node";
import build from "../support/build-once.ts";
import { installPrograms } from "../support/debian.ts";
import { startServer } from "../support/server.ts";

export const TOKEN = "tok-5c1e77a0b9";

declare module "vitest" {
  interface ProvidedContext {
    /** Origin of the server. */
    readonly store: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  installPrograms();
  await build(project);
  const server = await startServer({ vars: { API_TOKEN: TOKEN } });
  project.provide("store", server.url);
  return () => server.stop();
}
