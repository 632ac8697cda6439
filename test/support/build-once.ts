// Builds what servers under test run once for all files of a run, and again when it watches.

import type { TestProject } from "vitest/node";
import { newBuild, SHARED_BUILD } from "./build.ts";

async function build(): Promise<void> {
  process.env[SHARED_BUILD] = await newBuild();
}

export default async function setup(project: TestProject): Promise<void> {
  // Another project of the run was first.
  if (process.env[SHARED_BUILD] !== undefined) return;
  await build();
  project.onTestsRerun(build);
}
