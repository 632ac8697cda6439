// The header by which a request that is sent again is known.

import * as LIMITS from "../../core/limits.ts";
import type { Header } from "./endpoint.ts";
import { fail } from "./failure.ts";

export const keyHeader = (description: string): Header => ({
  name: "Idempotency-Key",
  schema: { type: "string", minLength: 1, maxLength: LIMITS.idempotencyKeyLength },
  description,
});

/** Undefined: it has none. @throws Failed */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers.get("idempotency-key") ?? undefined;
  if (key === undefined || (key.length > 0 && key.length <= LIMITS.idempotencyKeyLength))
    return key;
  const issue = `has ${key.length} characters: 1 to ${LIMITS.idempotencyKeyLength} are allowed`;
  return fail({
    kind: "invalid_parameter",
    message: `Idempotency-Key ${issue}`,
    issues: [{ path: "Idempotency-Key", message: issue }],
  });
}
