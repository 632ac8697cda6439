// Files of what is drawn: the numbers as CSV, the chart with its title and legend as a picture.
// Loaded when first needed.

import { columnsBy } from "../../core/query/answer.ts";
import { toCsv } from "../../core/query/csv.ts";
import { type ChartData, type Line, periodAt, slotOf } from "../chart/data.ts";
import { isRow } from "../chart/gaps.ts";
import { colourOf, isDashed } from "../chart/options.ts";
import type { Drawing } from "../models/drawing.ts";
import { formatPeriod, seriesName } from "../format.ts";
import { resolutionText } from "../kept.ts";
import { theme } from "../models/theme.ts";
import { zone } from "../models/zone.ts";
import { filtersOf, type Panel, titleOf } from "../url.ts";
import { zoneName } from "../zone.ts";

/** The buckets of a line that are drawn. */
function drawnColumns({ rows, columns }: Line): Line["columns"] {
  const drawn = rows.filter(isRow);
  return columnsBy((name) => drawn.map((row) => columns[name][row]!));
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** "cpu.load 2026-11-24 1302.csv": names that every system takes. */
function fileName({ now }: Drawing, end: string): string {
  const at = new Date(now.from).toISOString().slice(0, 16).replace("T", " ").replace(":", "");
  return `${now.answer.metric.replace(/[^\w.-]+/g, "_")} ${at}.${end}`;
}

const cell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Of samples, rates and combined series: what their chart tells of each bucket, under its own names. */
function valuesCsv(data: ChartData): string {
  const { lines, form } = data;
  const names = [...new Set(lines.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rows = lines.flatMap(({ rows, labels, columns }) =>
    rows
      .filter(isRow)
      .map((row) => [
        new Date(periodAt(data, columns.t[row]!).start).toISOString(),
        ...names.map((name) => (Object.hasOwn(labels, name) ? labels[name]! : "")),
        ...form.here.map(({ name }) => String(columns[name]?.[row] ?? "")),
      ]),
  );
  const head = ["time", ...names.map((name) => `label.${name}`), ...form.here.map((f) => f.title)];
  return [head, ...rows].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

export function keepCsv(drawing: Drawing): void {
  const { now, data } = drawing;
  const { answer } = now;
  if (data.form.kind !== "buckets" || answer.resolution === "raw") {
    save(new Blob([valuesCsv(data)], { type: "text/csv" }), fileName(drawing, "csv"));
    return;
  }
  const series = data.lines.map((line) => ({ labels: line.labels, ...drawnColumns(line) }));
  const text = toCsv({ ...answer, from: now.from, to: now.to, series });
  save(new Blob([text], { type: "text/csv" }), fileName(drawing, "csv"));
}

/** Sizes in CSS pixels. */
const MARGIN = 16;
const TITLE = 48;
const LEGEND_LINE = 20;

export async function keepPng(
  panel: Panel,
  drawing: Drawing,
  chart: HTMLCanvasElement,
): Promise<void> {
  const { now, data } = drawing;
  const ratio = chart.width / chart.clientWidth;
  const width = chart.clientWidth + 2 * MARGIN;
  const height = chart.clientHeight + TITLE + data.lines.length * LEGEND_LINE + 2 * MARGIN;
  const picture = document.createElement("canvas");
  picture.width = width * ratio;
  picture.height = height * ratio;
  const context = picture.getContext("2d");
  if (context === null) return;
  const { surface, text, font, palette } = theme.value;
  context.scale(ratio, ratio);
  context.fillStyle = surface;
  context.fillRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(document.body).color;
  context.font = `600 16px ${font}`;
  context.fillText(titleOf(panel), MARGIN, MARGIN + 16);
  context.fillStyle = text;
  context.font = `12px ${font}`;
  const what = [
    data.form.title,
    ...filtersOf(panel),
    resolutionText(now.answer, zone.value, now.to),
    formatPeriod(now.from, now.to, zone.value),
    zoneName(zone.value, now.to),
  ];
  context.fillText(what.join(" · "), MARGIN, MARGIN + 36);
  context.drawImage(chart, MARGIN, MARGIN + TITLE, chart.clientWidth, chart.clientHeight);
  data.lines.forEach((line, i) => {
    const y = MARGIN + TITLE + chart.clientHeight + i * LEGEND_LINE + 14;
    const slot = slotOf(data, line);
    context.fillStyle = colourOf(palette, slot);
    for (const part of isDashed(palette, slot) ? [0, 8] : [0, 3, 6, 8])
      context.fillRect(MARGIN + part, y - 5, 6, 3);
    context.fillStyle = text;
    const name = panel.by === undefined ? titleOf(panel) : seriesName(line.labels);
    context.fillText(name, MARGIN + 24, y);
  });
  const content = await new Promise<Blob | null>((done) => picture.toBlob(done, "image/png"));
  if (content !== null) save(content, fileName(drawing, "png"));
}
