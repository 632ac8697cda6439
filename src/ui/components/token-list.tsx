// The tokens that there are, each to be revoked after a second thought.

import type { NamedToken } from "../../core/api-tokens.ts";
import { formatAge } from "../format.ts";
import { revoke } from "../models/tokens.ts";
import { Card, Heads, Scroller } from "./store-table.tsx";
import { Sure } from "./sure.tsx";
import { MAY } from "./tokens-words.ts";

/** A day; the hour is of no use here. */
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const Expiry = ({ at }: { readonly at: number | null }) =>
  at === null ? (
    <>never</>
  ) : at <= Date.now() ? (
    <span class="expired">expired {dayOf(at)}</span>
  ) : (
    <>{dayOf(at)}</>
  );

export const TokenList = ({ tokens }: { readonly tokens: readonly NamedToken[] }) => (
  <Card id="tokens" title="Tokens">
    {tokens.length === 0 ? (
      <p class="quiet none">None yet. An agent or a reader gets one of its own above.</p>
    ) : (
      <Scroller labelledBy="tokens">
        <table class="token-list">
          <Heads names={["Name", "May", "Metrics", "Created", "Expires", "Last used", "Revoke"]} />
          <tbody>
            {tokens.map((token) => (
              <tr key={token.id}>
                <th scope="row">{token.name}</th>
                <td>{MAY[token.scope]}</td>
                <td>{token.prefix === "" ? "all" : <code>{token.prefix}…</code>}</td>
                <td>{dayOf(token.createdAt)}</td>
                <td>
                  <Expiry at={token.expiresAt} />
                </td>
                <td>
                  {token.usedAt === null
                    ? "never"
                    : `${formatAge(Math.max(0, Date.now() - token.usedAt))} ago`}
                </td>
                <td>
                  <Sure
                    verb="Revoke"
                    name={token.name}
                    means="Who uses it is refused."
                    act={() => revoke(token.id)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    )}
  </Card>
);
