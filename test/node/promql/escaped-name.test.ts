// Names of labels as Grafana escapes them, and those that only look so.

import { expect, test } from "vitest";
import { unescapedName } from "../../../src/core/promql/escaped-name.ts";

test.each([
  ["U__http_2e_route", "http.route"],
  ["U__http_2E_route", "http.route"],
  ["U__odd_2e_label__name", "odd.label_name"],
  ["U___2e_", "."],
  ["U______", "__"],
  ["U__plain", "plain"],
  ["U__caf_e9_", "café"],
  ["U___1f600_", "😀"],
  ["U__é", "é"],
])("%s is %s", (name, expected) => expect(unescapedName(name)).toBe(expected));

test.each([
  "http.route",
  "http_2e_route",
  "__name__",
  "u__http_2e_route",
  "U_http_2e_route",
  // An escape that does not end, is no number, has too many digits, or is half of a pair.
  "U__http_",
  "U__http_2e",
  "U__http_2x_route",
  "U__http_00002e_route",
  "U__http_10ffff_route",
  "U__http_d83d_route",
  "U__http_0d83d_route",
])("%s is itself", (name) => expect(unescapedName(name)).toBe(name));

test("a long one takes no time", () => {
  const long = `U__${"_2e_".repeat(20_000)}`;
  expect(unescapedName(long)).toBe(".".repeat(20_000));
  expect(unescapedName(`${long}_`)).toBe(`${long}_`);
});
