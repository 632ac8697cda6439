// What is said after a deploy: where the store is, its token where that is new, and what to do next. Pure.

/** The secret of the administrator. */
export const TOKEN = "API_TOKEN";

/** Whether `wrangler secret list` has it. @throws SyntaxError on what is no JSON. */
export const hasSecret = (list: string, name: string): boolean =>
  (JSON.parse(list) as readonly { readonly name: string }[]).some((one) => one.name === name);

/** Of what wrangler wrote down, JSON lines, that of a deploy. */
interface Deployed {
  readonly type?: string;
  /** Null where somebody did not want it after all. */
  readonly version_id?: string | null;
  /** Such as "https://…workers.dev" and "… (custom domain)". */
  readonly targets?: readonly string[];
}

const deploysIn = (record: string): readonly Deployed[] =>
  record
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Deployed)
    .filter(({ type }) => type === "deploy");

/** Whether wrangler made a version: it also ends well when it was told not to. */
export const isDeployed = (record: string): boolean =>
  deploysIn(record).some(({ version_id: id }) => typeof id === "string" && id !== "");

/** The address of the store, of its own or a custom domain, by what wrangler wrote down. Undefined without one. */
export function addressIn(record: string): string | undefined {
  const targets = deploysIn(record).flatMap(({ targets = [] }) => targets);
  const domain = targets.find((one) => one.includes("(custom domain"))?.split(" ")[0];
  return domain === undefined
    ? targets.find((one) => one.startsWith("https://"))
    : `https://${domain}`;
}

/** Lines for the terminal. `token`: the one that was just set. */
export function nextSteps(address: string | undefined, token: string | undefined): string[] {
  const at = address ?? "https://…";
  const where = address === undefined ? "Minuet is deployed." : `Minuet is at ${address}`;
  const point = `curl ${at}/api/v1/points -H "Authorization: Bearer ${token ?? "$API_TOKEN"}" -d '{"name":"cpu.load","value":0.42}'`;
  return [
    where,
    ...(token === undefined
      ? []
      : ["", `Its ${TOKEN}, the administrator's, shown this once: keep it.`, `  ${token}`]),
    "",
    "Send a first point, then look at the page, where agents and people get tokens of their own (/tokens):",
    `  ${point}`,
  ];
}
