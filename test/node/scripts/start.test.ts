// The pure parts of `npm start`, and its checks of folders and ports.

import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  checkPort,
  checkWritable,
  folderProblem,
  npmProblem,
} from "../../../scripts/start/checks.ts";
import { untilNextMinute } from "../../../scripts/start/cron.ts";
import { openTo, parseOptions, variablesOf } from "../../../scripts/start/options.ts";
import { cleanLine, Lines, Tail, Told } from "../../../scripts/start/output.ts";
import { isFresh, PAGE_SOURCES } from "../../../scripts/start/page.ts";
import { localOrigin, welcome } from "../../../scripts/start/ready.ts";
import { tokenLine } from "../../../scripts/start/secret.ts";

const surroundings = { folder: "/home/me", root: "/srv/minuet", tokens: [] };
const parse = (...args: string[]) => parseOptions(args, surroundings);

describe("the command line", () => {
  test("has defaults", () => {
    expect(parse()).toEqual({
      port: 8787,
      ip: "127.0.0.1",
      persistTo: "/srv/minuet/.wrangler/state",
      token: undefined,
      databases: undefined,
      rest: [],
    });
  });

  test("an address of this machine alone opens the store to it alone", () => {
    expect(["127.0.0.1", "127.0.0.2", "::1", "localhost"].map(openTo)).toEqual(
      Array(4).fill("local"),
    );
    expect(["0.0.0.0", "::", "192.168.1.27", "1.127.0.0"].map(openTo)).toEqual(
      Array(4).fill("network"),
    );
  });

  test("takes values after a space or an equals sign", () => {
    expect(parse("--port", "9000", "--persist-to", "data")).toMatchObject({
      port: 9000,
      persistTo: "/home/me/data",
    });
    expect(parse("--port=9000", "--persist-to=/data/a=b", "--ip=::")).toMatchObject({
      port: 9000,
      persistTo: "/data/a=b",
      ip: "::",
    });
  });

  test("passes the rest on", () => {
    expect(parse("--var", "SHARDS:4", "--port", "1234").rest).toEqual(["--var", "SHARDS:4"]);
  });

  test("variables of wrangler.toml are taken from the environment", () => {
    const environment = { SHARDS: "two", RETENTION_HOUR_DAYS: "1", HOME: "/root", API_TOKEN: "a" };
    expect(variablesOf(environment)).toEqual([
      "--var",
      "SHARDS:two",
      "--var",
      "RETENTION_HOUR_DAYS:1",
    ]);
  });

  test("takes the token from the line, else from the first place that has one", () => {
    const tokens = [undefined, "", "b", "c"];
    expect(parseOptions([], { ...surroundings, tokens }).token).toBe("b");
    expect(parseOptions(["--token", "a"], { ...surroundings, tokens })).toMatchObject({
      token: "a",
      rest: [],
    });
  });

  test.each([["0"], ["65536"], ["http"], ["-1"], ["1.5"]])("refuses port %s", (port) => {
    expect(() => parse("--port", port)).toThrow(`--port "${port}" is not a port`);
  });

  test("takes a number of databases", () => {
    expect(parse("--databases", "4")).toMatchObject({ databases: 4, rest: [] });
    expect(() => parse("--databases=17")).toThrow("from 1 to 16");
  });

  test("refuses an option without its value", () => {
    expect(() => parse("--persist-to")).toThrow("--persist-to needs a value");
    expect(() => parse("--port=")).toThrow("--port needs a value");
    expect(() => parse("--token")).toThrow("--token needs a value");
  });
});

test("a token is written so that nothing in it is taken for a variable", () => {
  expect(tokenLine("s3cret")).toBe("API_TOKEN='s3cret'\n");
  expect(tokenLine("a$HOME${b}#c")).toBe("API_TOKEN='a\\$HOME\\${b}#c'\n");
  expect(tokenLine("it's")).toBe("API_TOKEN=`it's`\n");
  for (const token of ["'`", "a\nB=c"])
    expect(() => tokenLine(token)).toThrow("is not possible here");
});

test("npm must be 10 or newer", () => {
  expect(npmProblem(undefined)).toBeUndefined();
  expect(npmProblem("npm/11.6.0 node/v24.21.0 linux x64 workspaces/false")).toBeUndefined();
  expect(npmProblem("npm/10.0.0 node/v20.20.2 linux x64")).toBeUndefined();
  expect(npmProblem("yarn/1.22.19 npm/? node/v20.0.0")).toBeUndefined();
  expect(npmProblem("npm/9.6.7 node/v18.17.0 linux x64")).toContain("and this is 9.6.7");
});

test("untilNextMinute is never 0", () => {
  expect(untilNextMinute(60_000)).toBe(60_000);
  expect(untilNextMinute(60_001)).toBe(59_999);
  expect(untilNextMinute(119_999)).toBe(1);
});

describe("what is printed", () => {
  test("a line loses its colours and its decoration", () => {
    expect(
      cleanLine(
        "\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1mcron: bad\u001b[0m",
      ),
    ).toBe("cron: bad");
    expect(cleanLine("[wrangler:error] Error: boom")).toBe("Error: boom");
    expect(cleanLine("      at scheduled (w.ts:1:2)  ")).toBe("      at scheduled (w.ts:1:2)");
  });

  test.each([
    [""],
    ["  \u001b[0m"],
    ["[wrangler:warn] Unable to fetch the `Request.cf` object! Falling back to a default"],
    ["Error: getaddrinfo ENOTFOUND workers.cloudflare.com"],
  ])("%j is not shown", (line) => {
    expect(cleanLine(line)).toBeUndefined();
  });

  test("a full disk is one line, whatever printed it and how often", () => {
    const printed = [
      "Uncaught Error: database or disk is full: SQLITE_FULL",
      "shard 0: database or disk is full: SQLITE_FULL",
      "e = workerd/util/sqlite.c++:1827: failed: SQLite failed; dbErrorMessage(err, db) = database or disk is full: SQLITE_FULL",
      "  stack: /a/bin/workerd@3fdbce7 /a/bin/workerd@3fedb55; sentryErrorContext = jsgInternalError",
    ].map(cleanLine);
    const line = "The disk is full: nothing is stored until there is room again.";
    expect(printed).toEqual([line, line, line, undefined]);
    const told = new Told();
    expect([0, 1, 59_999, 60_000, 60_001].map((now) => told.tells(line, now))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect([told.tells("something else", 0), told.tells("something else", 1)]).toEqual([
      true,
      true,
    ]);
  });

  test.each([
    [
      "e = workerd/util/sqlite.c++:914: failed: SQLite failed; dbErrorMessage(prepareResult, db) = database disk image is malformed: SQLITE_CORRUPT",
      "is damaged",
    ],
    ["Error: file is not a database: SQLITE_NOTADB", "is damaged"],
    ["Error: disk I/O error: SQLITE_IOERR_WRITE", "look at their disk"],
    ["e = workerd/io/x.c++:7: failed: expected y", "The runtime failed: expected y"],
  ])("%s is put in words", (line, words) => {
    expect(cleanLine(line)).toContain(words);
  });

  test("the number of a trace whose cause was printed is not shown", () => {
    expect(cleanLine("shard 0: internal error; reference = olq9upglmk2n")).toBeUndefined();
  });

  test("lines are cut where they end, whatever the chunks", () => {
    const lines = new Lines();
    expect(lines.add("a\nb")).toEqual(["a"]);
    expect(lines.add("c\r\n\nd")).toEqual(["bc", ""]);
    expect(lines.end()).toEqual(["d"]);
    expect(lines.end()).toEqual([]);
  });

  test("a tail keeps the newest lines, each once", () => {
    const tail = new Tail(2);
    for (const line of ["a", "b", "b", "c"]) tail.add(line);
    expect(String(tail)).toBe("  b\n  c");
  });

  test("the welcome warns when others can reach the server", () => {
    const options = {
      port: 9000,
      ip: "127.0.0.1",
      persistTo: "/data",
      token: undefined,
      databases: undefined,
      rest: [],
    };
    expect(welcome(options)).toContain("http://localhost:9000/api/v1/points");
    expect(welcome(options)).not.toContain("whoever");
    expect(welcome({ ...options, ip: "0.0.0.0" })).toContain("whoever reaches that");
  });

  test("with a token, the welcome says how to send it, and does not say what it is", () => {
    const options = {
      port: 9000,
      ip: "0.0.0.0",
      persistTo: "/data",
      token: "secret",
      databases: undefined,
      rest: [],
    };
    const curls = welcome(options)
      .split("\n")
      .filter((line) => line.startsWith("  curl "));
    for (const curl of curls) expect(curl).toContain('-H "Authorization: Bearer $API_TOKEN"');
    expect(curls.length).toBe(2);
    expect(welcome(options)).not.toContain("secret");
    expect(welcome(options)).not.toContain("whoever");
  });

  test("the server is reached without a look-up", () => {
    expect(localOrigin({ ip: "localhost", port: 1 })).toBe("http://127.0.0.1:1");
    expect(localOrigin({ ip: "::", port: 1 })).toBe("http://127.0.0.1:1");
    expect(localOrigin({ ip: "::1", port: 1 })).toBe("http://[::1]:1");
    expect(localOrigin({ ip: "10.0.0.7", port: 1 })).toBe("http://10.0.0.7:1");
  });
});

describe("folders", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "minuet-checks-"));
    await writeFile(join(folder, "file"), "");
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("are created, and left empty", async () => {
    await checkWritable(join(folder, "a/b/c"));
    await checkWritable(join(folder, "a/b/c"));
    expect(await readdir(join(folder, "a/b/c"))).toEqual([]);
  });

  test("cannot lie below a file, or be one", async () => {
    await expect(checkWritable(join(folder, "file"))).rejects.toThrow("part of its path is a file");
    const below = join(folder, "file/a/b");
    await expect(checkWritable(below)).rejects.toThrow(
      `Cannot write to ${below}: part of its path is a file.`,
    );
  });

  test("a build is fresh while it is newer than all of its sources", async () => {
    const root = join(folder, "project");
    await mkdir(join(root, "src/deep"), { recursive: true });
    await writeFile(join(root, "src/deep/a.ts"), "");
    const changed = (path: string, at: number): Promise<void> => utimes(join(root, path), at, at);
    const all = async (at: number): Promise<void> => {
      for (const path of ["src/deep/a.ts", "src/deep", "src"]) await changed(path, at);
    };
    await all(1_000);
    expect(await isFresh(root, "built", ["src"])).toBe(false);
    await writeFile(join(root, "built"), "");
    await changed("built", 2_000);
    expect(await isFresh(root, "built", ["src"])).toBe(true);
    for (const path of ["src/deep/a.ts", "src/deep", "src"]) {
      await all(1_000);
      await changed(path, 3_000);
      expect(await isFresh(root, "built", ["src"])).toBe(false);
    }
    await all(1_000);
    expect(await isFresh(root, "built", ["src", "gone"])).toBe(false);
  });

  test("the page is made of nothing else than what it is compared with", async () => {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const all = await readdir(join(root, "src/ui"), { recursive: true });
    const imported = all
      .filter((path) => /\.(tsx?|css|html)$/.test(path))
      .flatMap((path) => {
        const file = join(root, "src/ui", path);
        const words = /(?:from|import|import\(|@import|href=|src=)\s*"(\.{1,2}\/[^"?]+)/g;
        return [...readFileSync(file, "utf8").matchAll(words)].map(([, to]) =>
          relative(root, join(dirname(file), to!)).replaceAll("\\", "/"),
        );
      });
    expect(imported).toContain("docs/backup.md");
    const isKnown = (path: string): boolean =>
      PAGE_SOURCES.some((source) => path === source || path.startsWith(`${source}/`));
    expect(imported.filter((path) => !isKnown(path))).toEqual([]);
  });

  test.each([
    ["EROFS", "it is on a read-only file system"],
    ["EACCES", "you may not write there"],
    ["EMFILE", "EMFILE"],
  ])("%s is put in words", (code, words) => {
    expect(folderProblem("/data", code)).toBe(`Cannot write to /data: ${words}.`);
  });
});

test("a taken port is found out", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await expect(checkPort(port, "127.0.0.1")).rejects.toThrow(`Port ${port} is taken`);
  await new Promise((resolve) => holder.close(resolve));
  await expect(checkPort(port, "127.0.0.1")).resolves.toBeUndefined();
});
