// One list of statistics: a row of it is a column of answers, of the CSV, of live messages and of the
// schema, and an entry in the page's menu and legend. Shown with one row more, in a copy of the source.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PERCENTILE_NAMES, STAT_NAMES } from "../../../src/core/stats.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TOY = `  { name: "span", title: "toy", kind: "amount", of: ({ min, max }) => max - min },\n`;

const run = promisify(execFile);
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "minuet-toy-"));
  for (const name of ["src", "drizzle", "tsconfig.json", "package.json", "wrangler.toml"])
    await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const file = join(copy, "src/core/stats.ts");
  const text = await readFile(file, "utf8");
  const end = text.indexOf("] as const satisfies");
  await writeFile(file, text.slice(0, end) + TOY + text.slice(end));
});

afterAll(() => rm(copy, { recursive: true, force: true }));

test("a toy statistic is one row: everything compiles with it", async () => {
  for (const project of ["src/core", "src/worker", "src/ui"])
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", project], {
      cwd: copy,
    }).catch((error: { stdout: string }) => expect.fail(error.stdout));
});

test("a toy statistic is one row: columns, CSV, schema, menu and totals have it", async () => {
  const script = `
    const { Buckets } = await import("./src/core/bucket.ts");
    const { columnsOf } = await import("./src/core/query/answer.ts");
    const { toCsv } = await import("./src/core/query/csv.ts");
    const { queryAnswer } = await import("./src/worker/routes/query-answer.ts");
    const { STATS } = await import("./src/ui/url.ts");
    const { totals } = await import("./src/ui/chart/totals.ts");
    const buckets = new Buckets(2);
    for (const [minute, values] of [[0, [1, 4]], [1, [3, 9]]])
      for (const value of values) {
        const start = minute * 60000;
        const row = buckets.start[buckets.length - 1] === start && buckets.length > 0 ? buckets.length - 1 : buckets.push(start);
        buckets.add(row, value, start);
      }
    const columns = columnsOf(buckets);
    const series = [{ labels: {}, ...columns }];
    console.log(JSON.stringify({
      span: columns.span,
      csv: toCsv({ series }).split("\\r\\n").slice(0, 2),
      schema: Object.keys(queryAnswer.shape.series.element.shape),
      menu: STATS,
      total: totals({ columns, rows: [0, 1] }).span,
    }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
    cwd: copy,
  });
  const names = [...STAT_NAMES, "span"];
  expect(JSON.parse(stdout)).toEqual({
    span: [3, 6],
    csv: [`time,${names.join(",")}`, "1970-01-01T00:00:00.000Z,2.5,1,4,5,2,1,4,3"],
    schema: ["labels", "t", ...names, "increase", "rate", ...PERCENTILE_NAMES],
    menu: names,
    total: 8,
  });
});
