// Whether a page that is scrolled goes by too fast to be seen.

import { expect, test } from "vitest";
import { Flight } from "../../../src/ui/models/flight.ts";

const HEIGHT = 800;

/** Scrolled at so many px a second for a second, in steps of so many ms: what it was after each. */
function scrolled(flight: Flight, speed: number, from: number, step = 16): boolean[] {
  return Array.from({ length: Math.floor(1_000 / step) }, (_, i) => {
    const at = (i + 1) * step;
    flight.moved(from + at, (speed * at) / 1_000, HEIGHT);
    return flight.isFlying;
  });
}

test("it flies at ten windows a second, up or down, and not at three", () => {
  expect(scrolled(new Flight(), 8_000, 0).at(-1)).toBe(true);
  expect(scrolled(new Flight(), -8_000, 0).at(-1)).toBe(true);
  expect(scrolled(new Flight(), 2_400, 0)).not.toContain(true);
});

test("nor by turns of a wheel that come in jumps, at the same speed", () => {
  const flight = new Flight();
  for (let turn = 0; turn < 20; turn++) {
    // 120 px each 50 ms are three windows a second, and so is each jump seen over 100 ms.
    flight.moved(turn * 50, turn * 120, HEIGHT);
    expect(flight.isFlying).toBe(false);
  }
});

test("once it is slow again it flies no more, though it goes on", () => {
  const flight = new Flight();
  expect(scrolled(flight, 8_000, 0).at(-1)).toBe(true);
  expect(scrolled(flight, 800, 1_000).at(-1)).toBe(false);
});

test("a window further after a rest is no flight, a jump to the end is", () => {
  const flight = new Flight();
  flight.moved(10_000, 0, HEIGHT);
  flight.moved(60_000, HEIGHT, HEIGHT);
  expect(flight.isFlying).toBe(false);
  flight.moved(90_000, 20 * HEIGHT, HEIGHT);
  expect(flight.isFlying).toBe(true);
});
