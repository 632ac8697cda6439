// Where notices may go. Names that resolve to private addresses are not seen here: on Cloudflare they lead
// nowhere.

/** Why notices may not go to an address; undefined: they may. `isLocal`: the store is one of this machine. */
export function webhookIssue(url: string, isLocal: boolean): string | undefined {
  let parsed: { protocol: string; hostname: string; username: string; password: string };
  try {
    parsed = new URL(url);
  } catch {
    return "is no address such as https://hooks.example/alerts";
  }
  const { protocol, hostname, username, password } = parsed;
  if (username !== "" || password !== "") return "holds a name or password, which are not sent";
  if (protocol !== "https:" && protocol !== "http:") return "is neither https nor http";
  if (isLocal) return undefined;
  if (protocol !== "https:") return "must be https: notices would be read on their way";
  return isPrivate(hostname)
    ? "is an address of a private network, which no store on the internet tells"
    : undefined;
}

const PRIVATE_4 =
  /^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^198\.1[89]\.|^2(2[4-9]|[3-5]\d)\./;

/** Names that are no domains, and addresses (as URL writes them) that are not of the internet. */
function isPrivate(given: string): boolean {
  const host = given.replace(/\.$/, "");
  // Of IPv6 those that carry an address of IPv4 (6to4, Teredo) may lead to any.
  if (host.startsWith("[")) return !/^\[[23]/.test(host) || /^\[(2002|2001:0?):/.test(host);
  if (/^[\d.]+$/.test(host)) return PRIVATE_4.test(host);
  return !host.includes(".") || /\.(localhost|local|internal|home\.arpa)$/.test(host);
}
