/** The button that had the focus goes with its panel: the first panel's name takes it. */
export function focusAfter(act: () => void): void {
  act();
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".panel h2")?.focus());
}
