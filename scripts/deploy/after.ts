// What is said after a deploy: where the store is, its token where that is new, and what to do next. Pure.

/** The secret of the administrator. */
export const TOKEN = "API_TOKEN";

/** Whether `wrangler secret list` has it. @throws SyntaxError on what is no JSON. */
export const hasSecret = (list: string, name: string): boolean =>
  (JSON.parse(list) as readonly { readonly name: string }[]).some((one) => one.name === name);

/** The address that `wrangler deploy` printed, of its own or a custom domain; undefined without one. */
export function addressIn(printed: string): string | undefined {
  const domain = /^\s*(?:https:\/\/)?(\S+) \(custom domain/m.exec(printed)?.[1];
  if (domain !== undefined) return `https://${domain}`;
  return /^\s*(https:\/\/\S+?)\/?\s*$/m.exec(printed)?.[1];
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
