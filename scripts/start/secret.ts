// The token of a local server, handed to wrangler in a file: what stands in a command line, everybody on the
// machine can read.

import { rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stop } from "../stop.ts";

/**
 * A token as the line of a file that wrangler reads as it was: within quotes of any kind it puts variables in the
 * place of `$NAME`. @throws Stop. Pure.
 */
export function tokenLine(token: string): string {
  const quote = ["'", "`"].find((mark) => !token.includes(mark));
  if (quote === undefined || /[\r\n]/.test(token))
    throw new Stop("A token with a line break, or with both ' and `, is not possible here.");
  return `API_TOKEN=${quote}${token.replaceAll("$", "\\$")}${quote}\n`;
}

/** Writes the token into a folder, for this user alone and as long as this process runs; returns the file. */
export async function keepToken(folder: string, token: string): Promise<string> {
  const line = tokenLine(token);
  const file = join(folder, "token.env");
  await mkdir(folder, { recursive: true });
  // One that was left behind may be readable by others.
  await rm(file, { force: true });
  process.once("exit", () => rmSync(file, { force: true }));
  await writeFile(file, line, { mode: 0o600, flag: "wx" });
  return file;
}
