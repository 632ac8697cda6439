// Exchanges a token for the cookie by which this browser is known, and gives it back.

import type { SessionAnswer } from "../../core/api-tokens.ts";
import { ApiError, ask, messageOf } from "../api.ts";
import { denial, setSignedIn } from "./access.ts";

/** Why no store has this token, in words that follow one another; undefined: it may be one. */
export function tokenIssue(text: string): string | undefined {
  if (text === "") return "Type a token";
  // A browser refuses to send anything else, and breaks what sends it.
  const odd = /[^\x21-\x7e]/u.exec(text)?.[0];
  if (odd === undefined) return undefined;
  const [what, kind] = /\s/.test(odd) ? ["a space", "spaces"] : [`“${odd}”`, "such characters"];
  return `This has ${what} in it, and no token has ${kind}. Was it copied whole?`;
}

const PATH = "/api/v1/session";

const NOT_KEPT =
  "The token is right, but this browser did not keep its cookie: it keeps one over https, or of http://localhost. Are cookies forbidden here?";

/** Returns why it is not signed in; undefined when it is. */
export async function signIn(text: string): Promise<string | undefined> {
  const issue = tokenIssue(text);
  if (issue !== undefined) return issue;
  try {
    const { scope } = await ask<SessionAnswer>(PATH, { method: "POST", token: text });
    if (scope === "write") {
      await ask(PATH, { method: "DELETE" });
      return "This token only stores points: the page needs one that may read";
    }
    const kept = await isKept();
    if (kept) setSignedIn(String(Date.now()));
    return kept ? undefined : NOT_KEPT;
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether the browser sends the cookie. @throws ApiError */
async function isKept(): Promise<boolean> {
  const known = denial.peek();
  try {
    return (await ask<SessionAnswer>(PATH)).name !== "the public";
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    denial.value = known;
    return false;
  }
}

/** Returns why it is still signed in; undefined when it is no more. */
export async function signOut(): Promise<string | undefined> {
  try {
    await ask(PATH, { method: "DELETE" });
    setSignedIn(undefined);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
