// The colours of the chart, read from the style sheet; read again when the system changes between
// light and dark.

import { signal } from "@preact/signals";
import type { Theme } from "../chart/options.ts";

const COLOURS = 8;

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: value("surface"),
    text: value("quiet"),
    grid: value("grid"),
    font: style.fontFamily,
    palette: Array.from({ length: COLOURS }, (_, i) => value(`line-${i + 1}`)),
  };
}

export const theme = signal(read());

export const startTheme = (): void =>
  matchMedia("(prefers-color-scheme: dark)").addEventListener(
    "change",
    () => (theme.value = read()),
  );
