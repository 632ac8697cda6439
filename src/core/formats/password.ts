// For formats whose clients can send a user and a password, and no other token: the password is it.

import type { Answer, Carrier } from "./format.ts";

export const passwordToken = ({ password }: Carrier): string | undefined => password() ?? undefined;

/**
 * Asks for a password where the token is missing: some clients, collectd among them, send theirs only
 * then (libcurl's CURLAUTH_ANY). A browser would ask its user, so the native API does not.
 */
export const askingPassword = (answer: Answer): Answer =>
  answer.status === 401
    ? { ...answer, headers: { ...answer.headers, "www-authenticate": 'Basic realm="minuet"' } }
    : answer;
