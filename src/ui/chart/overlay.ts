// What is laid over all charts besides their own data: marks of events, lines. Its code is loaded when
// there is any.

import { signal } from "@preact/signals";
import type uPlot from "uplot";
import type { UnitName } from "../units.ts";
import type { Scale } from "./scale.ts";

/** Lays it anew over a chart that was drawn. `line`: a value. */
export type Overlay = (u: uPlot, line: number | undefined, unit: UnitName, scale: Scale) => void;

/** Another one whenever what is to be laid over has changed. */
export const overlay = signal<Overlay | undefined>(undefined);
