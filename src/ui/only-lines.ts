// Leaves out of uPlot, as it is built into the page, what it offers besides the lines that are drawn here: bundlers
// cannot tell what no option asks for.

import type { Plugin } from "vite";

/**
 * What is never taken here: other paths, bands, times as text (the page has its own, by zone), ranges and steps
 * of its own, scales of its own that are not linear, time upwards, a legend, a focus, plugins, and cursors that
 * follow those of other charts. Each text, wherever it is, is replaced by what stands beside it.
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
  // Time runs from left to right.
  ["scaleX.dir * (scaleX.ori == 0 ? 1 : -1)", "1"],
  ["scaleX.ori == 0", "true"],
  ["scaleX.ori == 1", "false"],
  ["scaleX.ori, xOff", "0, xOff"],
  ["return (sx.ori == 0", "return (true"],
  ["const drawAccV = _drawAcc(lineToV);", ""],
  // No cursor follows that of another chart.
  ["if (src != null) {\n\t\t\t\tlet [xKey", "if (false) {\n\t\t\t\tlet [xKey"],
  ["if (syncKey != null) {\n\t\t\t\t\tlet", "if (false) {\n\t\t\t\t\tlet"],
  ["if (e != null) {\n\t\t\t_l = e.clientX", "if (true) {\n\t\t\t_l = e.clientX"],
  ["src == null", "true"],
  ["if (syncOpts.filters.pub(type, src, x, y, w, h, i))", "if (false)"],
  ["self.pub = pub;", ""],
  ["self.setSeries = setSeries;", ""],
  ["events.mousedown = mouseDown;", ""],
  ["events.mousemove = mouseMove;", ""],
  ["events.mouseup = mouseUp;", ""],
  ["events.dblclick = dblClick;", ""],
  ['events["setSeries"] =', "events.unused ="],
  ["const events = {};", "const events = [];"],
  ["cursor.sync = syncOpts;", ""],
  ["const syncOpts = assign({", "const syncOpts = ({"],
  ["}, cursor.sync);", "});"],
  // Ranges, steps and labels of axes are given.
  ["rangeNum(dataMin, dataMax, rangePad, true)", "nullNullTuple"],
  ["[_min, _max] = rangeNum(_min, _max, rangePad, true);", ";"],
  ["[_min, _max] = rangeAsinh(_min, _min, scaleX.log, false);", ";"],
  ["if (scaleKey != xScaleKey || (mode == 2 && !isTime)) {", "if (false) {"],
  ["const decIncrs = genIncrs(10, -32, 0, allMults);", "const decIncrs = [];"],
  ["const oneIncrs = genIncrs(10, 0, 32, allMults);", "const oneIncrs = [];"],
  [
    "isTime && sc.distr == 1 ? _timeAxisSplits : sc.distr == 3 ? logAxisSplits : sc.distr == 4 ? asinhAxisSplits : numAxisSplits",
    "undefined",
  ],
  [": av || numAxisVals", ": av"],
  ["sv || numSeriesVal", "sv"],
  ["const days3 = days.map(slice3);", "const days3 = [];"],
  ["const months3 = months.map(slice3);", "const months3 = [];"],
  ["xScaleDistr == 2", "false"],
  ["scale.distr == 2", "false"],
  // Nothing is focused, and a drag marks a piece of time, which the page zooms to.
  ["if (cursorFocus)", "if (false)"],
  ["if (cursorFocus && ", "if (false && "],
  ["const cursorOnePt = cursorFocus && points.one;", "const cursorOnePt = false;"],
  ["getBBox != null", "false"],
  ["dragY = drag.y && rawDY >= drag.dist;", "dragY = false;"],
  ["if (uni != null) {", "if (false) {"],
  ["if (drag.setScale && hasSelect && chgSelect) {", "if (false) {"],
  ["else if (cursor.lock) {", "else if (false) {"],
  // Bands are drawn by the page.
  ["flags != 0 && bands.forEach(", "false && bands.forEach("],
  [
    "let [ bandFillDir, bandClipDir ] = bandFillClipDirs(u, seriesIdx);",
    "const bandFillDir = 0, bandClipDir = 0;",
  ],
  ["if (endRad == 0 && baseRad == 0)", "if (true)"],
];

export const onlyLines: Plugin = {
  name: "only-lines",
  transform(code, id) {
    if (!id.endsWith("uPlot.esm.js")) return null;
    const missing = UNUSED.find(([text]) => !code.includes(text));
    if (missing !== undefined)
      throw new Error(`uPlot is another: it has no "${missing[0]}" to leave out`);
    return UNUSED.reduce((rest, [text, instead]) => rest.replaceAll(text, instead), code);
  },
};
