// Measures CPU time where the system's count can be read, for a benchmark that runs in workerd.

import type { TestProject } from "vitest/node";
import { measureCpu } from "./cpu.ts";

export default async function setup(project: TestProject): Promise<void> {
  project.provide("cpu", await measureCpu());
}
