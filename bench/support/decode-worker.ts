// The Worker of bench/decode.ts: decodes in workerd, where no clock runs meanwhile.

import { CASES, decodeRuns } from "./decode-runs.ts";

export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url);
    decodeRuns(CASES[Number(searchParams.get("case"))]!, Number(searchParams.get("runs")));
    return new Response("done");
  },
};
