// Light or dark: as the system has it, or as was chosen here; and the colours of the charts, read
// from the style sheet.

import { effect, signal } from "@preact/signals";
import type { Theme } from "../chart/options.ts";
import { kept, keep } from "./storage.ts";

const COLOURS = 8;

export const CHOICES = ["system", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

const KEY = "minuet.theme";
/** Of a frame, the page around it may choose. */
const given =
  location.pathname === "/embed" ? new URLSearchParams(location.search).get("theme") : null;
export const choice = signal<Choice>(
  CHOICES.find((one) => one === (given ?? kept(KEY))) ?? "system",
);

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

const dark = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const isDark = choice.value === "dark" || (choice.value === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

apply();
export const theme = signal(read());

export const startTheme = (): void => {
  const follow = (): void => {
    apply();
    theme.value = read();
  };
  dark.addEventListener("change", follow);
  effect(() => {
    if (given === null) keep(KEY, choice.value === "system" ? undefined : choice.value);
    follow();
  });
};
