// Builds the pages (/, /docs, /alerts and /tokens) into dist/ui, from where the Worker's assets are served.

import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Code that is loaded later needs no style of its own: nothing is to be preloaded with it. */
const withoutPreload: Plugin = {
  name: "without-preload",
  enforce: "pre",
  load: (id) =>
    id.endsWith("vite/preload-helper.js") ? "export const __vitePreload = (load) => load();" : null,
};

/**
 * What uPlot offers besides lines, and is never taken here: other paths, times as text (the page has
 * its own, by zone), scales of its own that are not linear, a legend. Bundlers cannot tell; each text is replaced by what stands beside it.
 */
const UNUSED: readonly (readonly [text: string, instead: string])[] = [
  ["uPlot.join = join;", ""],
  ["(paths.stepped = stepped);", ""],
  ["(paths.bars    = bars);", ""],
  ["(paths.spline  = monotoneCubic);", ""],
  ["uPlot.fmtDate = fmtDate;", ""],
  ["uPlot.tzDate  = tzDate;", ""],
  ["genTimeStuffs(1);", "[];"],
  ["genTimeStuffs(1e-3);", "[];"],
  ["(ms == 1 ? timeAxisSplitsMs(_tzDate) : timeAxisSplitsS(_tzDate))", "undefined"],
  [
    "timeAxisVals(_tzDate, timeAxisStamps((ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS), _fmtDate))",
    "undefined",
  ],
  ["timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate))", "undefined"],
  ["isTime ? (isStr(sv) ? timeSeriesVal(_tzDate, timeSeriesStamp(sv, _fmtDate)) :", "isTime ? ("],
  ["timeAxisVals(_tzDate, timeAxisStamps(av, _fmtDate))", "undefined"],
  ["timeAxisVal(_tzDate, av)", "undefined"],
  ["(opts.fmtDate || fmtDate)", "undefined"],
  [
    'let row = placeTag("tr", LEGEND_SERIES',
    'return nullNullTuple;\n\t\tlet row = placeTag("tr", LEGEND_SERIES',
  ],
  [
    "sc.distr == 3 ? logAxisSplits : sc.distr == 4 ? asinhAxisSplits : numAxisSplits",
    "numAxisSplits",
  ],
  [
    "sc.distr >= 3 && sc.log == 10 ? log10AxisValsFilt : sc.distr == 3 && sc.log == 2 ? log2AxisValsFilt : retArg1",
    "retArg1",
  ],
  ["(sc.distr == 3 ? snapLogX : sc.distr == 4 ? snapAsinhX : snapNumX)", "snapNumX"],
  ["(sc.distr == 3 ? snapLogY : sc.distr == 4 ? snapAsinhY : snapNumY)", "snapNumY"],
  ["rangeLog(_min, _min, scaleX.log, false)", "[_min, _min]"],
  ["uPlot.rangeLog = rangeLog;", ""],
  ["uPlot.rangeAsinh = rangeAsinh;", ""],
  ["uPlot.clipGaps = clipGaps;", ""],
  ["self.addSeries = addSeries;", ""],
  ["self.delSeries = delSeries;", ""],
  ["self.addBand = addBand;", ""],
  ["self.setBand = setBand;", ""],
  ["self.delBand = delBand;", ""],
  ["self.setLegend = setLegend;", ""],
  ["const mode = u.mode;", "const mode = 1;"],
  ["let mode = self.mode;", "const mode = 1;"],
  ["const mode = self.mode;", "const mode = 1;"],
  ["if (axis.label != null) {\n\t\t\t\tlet shiftAmt", "if (false) {\n\t\t\t\tlet shiftAmt"],
  ["const sync = _sync(syncKey);", "const sync = { sub() {}, unsub() {}, pub() {} };"],
  ["uPlot.sync = _sync;", ""],
  ["if (legend.live) {\n\t\tconst getMultiVals", "if (false) {\n\t\tconst getMultiVals"],
  ["axis.label != null ? axis.labelSize : 0", "0"],
  ["if (axis.label != null)\n", "if (false)\n"],
  ["side == 2 ? axis.rotate(self, values, i, _space) : 0", "0"],
  ["uPlot.addGap = addGap;", ""],
  ["uPlot.orient   = orient;", ""],
  ["uPlot.fmtNum = fmtNum;", ""],
  ["uPlot.rangeNum = rangeNum;", ""],
  ["const cursorFocus = focus.prox >= 0;", "const cursorFocus = false;"],
  ["let bands = ifNull(self.bands, EMPTY_ARR);", "const bands = EMPTY_ARR;"],
  ["const showLegend = legend.show;", "const showLegend = false;"],
  ["legend.show && legend.live && shouldSetLegend", "false"],
];

const onlyLines: Plugin = {
  name: "only-lines",
  transform(code, id) {
    if (!id.endsWith("uPlot.esm.js")) return null;
    const missing = UNUSED.find(([text]) => !code.includes(text));
    if (missing !== undefined)
      throw new Error(`uPlot is another: it has no "${missing[0]}" to leave out`);
    return UNUSED.reduce((rest, [text, instead]) => rest.replace(text, instead), code);
  },
};

/** The first view once more, after the bundler's own: a hundredth smaller. */
const smaller: Plugin = {
  name: "smaller",
  async generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk" || file.name !== "app") continue;
      const { code } = await minify(file.code, {
        module: true,
        ecma: 2020,
        compress: { passes: 2 },
      });
      if (code !== undefined) file.code = code;
    }
  },
};

export default defineConfig({
  plugins: [withoutPreload, onlyLines, smaller],
  root: here("."),
  build: {
    outDir: here("../../dist/ui"),
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [here("index.html"), here("docs.html"), here("alerts.html"), here("tokens.html")],
      output: {
        // The first view is one file: split by what /docs shares, it would be larger and later.
        codeSplitting: { groups: [{ name: "app", test: /app\.tsx$/ }] },
      },
    },
  },
  // `npx vite src/ui` beside `npm start`: the API comes from there.
  server: { proxy: { "/api": { target: "http://localhost:8787", ws: true } } },
});
