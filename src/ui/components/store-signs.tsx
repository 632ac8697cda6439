// What somebody should look at, each with a way to its part of the runbook.

import type { Sign } from "../../core/api.ts";

export const Signs = ({ signs }: { readonly signs: readonly Sign[] }) =>
  signs.length === 0 ? (
    <p class="store-well quiet">
      Nothing to do. What there could be stands in the <a href="/docs#runbook">runbook</a>.
    </p>
  ) : (
    <section class="store-card store-signs" aria-labelledby="store-signs">
      <header>
        <h2 id="store-signs">To look at</h2>
      </header>
      <ul>
        {signs.map(({ sign, of, message }) => (
          <li key={`${sign} ${of}`} data-sign={sign}>
            <a href={`/docs#sign-${sign}`}>{sign}</a>
            {of !== undefined && <b>{of}</b>}
            <span>{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
