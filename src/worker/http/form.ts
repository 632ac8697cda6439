// The parameters of a form (application/x-www-form-urlencoded), bounded in number: a body has room for millions.

import * as LIMITS from "../../core/limits.ts";
import { fail } from "./failure.ts";

const AND = "&".charCodeAt(0);

/** @throws Failed when there are too many */
export function formOf(bytes: Uint8Array): URLSearchParams {
  let parameters = 1;
  for (const byte of bytes) if (byte === AND) parameters++;
  if (parameters > LIMITS.formParameters)
    return fail({
      kind: "too_large",
      message: `the form has more than ${LIMITS.formParameters} parameters (limit formParameters): send fewer at a time`,
    });
  return new URLSearchParams(new TextDecoder().decode(bytes));
}
