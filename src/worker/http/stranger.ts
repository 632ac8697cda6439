// Who may use a store that is open to everybody on its machine (`npm start`): programs of that
// machine, and the store's own page. Not the pages of others, which a browser there may have open:
// neither across origins nor under a name that they made lead here (DNS rebinding). Pure.

import type { Access } from "../../core/config.ts";
import { quote } from "../../core/text.ts";
import { allowedOrigin } from "./cors.ts";
import { hostOf } from "./origin.ts";

type To = Extract<Access, { kind: "open" }>["to"];

/** Why the request is not served; undefined when it is. */
export function strangerIssue(
  to: To,
  allowedOrigins: readonly string[],
  request: Request,
): string | undefined {
  const { host, hostname } = addressed(request.url);
  if (!isOwnName(to, hostname))
    return to === "local"
      ? `This store has no token, and answers only under the names of its own machine, not under ${quote(host)}: use http://localhost, or start it with \`npm start -- --ip 0.0.0.0\` to reach it by its address`
      : `This store has no token, and answers only under addresses and names of the local network, not under ${quote(host)}: use its address`;
  if (allowedOrigin(request, allowedOrigins) !== undefined) return undefined;
  const origin = request.headers.get("origin");
  if (origin !== null && hostOf(origin) !== host)
    return `This store has no token, and answers only its own page, not those of ${quote(origin)}`;
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site")
    return `This store has no token, and answers only its own page, not those of others (Sec-Fetch-Site: ${site})`;
  return undefined;
}

/** What the last request was sent to, which is mostly what the next one is sent to. */
let last = { origin: "", host: "", hostname: "" };

/** The host of an address as the platform gives it: its origin, then a slash. */
function addressed(url: string): { readonly host: string; readonly hostname: string } {
  const origin = url.slice(0, url.indexOf("/", url.indexOf("//") + 2) + 1);
  if (origin === "" || origin !== last.origin) {
    const { host, hostname } = new URL(url);
    last = { origin, host, hostname };
  }
  return last;
}

/** Whether a name of a host is one of this machine's own. */
export const isLoopback = (name: string): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name);

/**
 * Names that no stranger can make lead to this machine: its own and, where the store is open to the
 * network, addresses and names that the public DNS does not have.
 */
function isOwnName(to: To, name: string): boolean {
  if (isLoopback(name)) return true;
  return (
    to === "network" && /^([\d.]+|\[.*\]|[^.]+|.*\.(local|lan|home\.arpa|internal))$/.test(name)
  );
}
