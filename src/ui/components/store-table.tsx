// The frame of the store's tables: a card with a heading, and a box inside which the table scrolls.

import type { ComponentChildren } from "preact";

export interface CardProps {
  readonly id: string;
  readonly title: string;
  /** Stands beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export const Card = ({ id, title, aside, children }: CardProps) => (
  <section class="store-card" aria-labelledby={id}>
    <header>
      <h2 id={id}>{title}</h2>
      {aside}
    </header>
    {children}
  </section>
);

/** `labelledBy`: the id of the card's heading. */
export const Scroller = ({
  labelledBy,
  children,
}: {
  readonly labelledBy: string;
  readonly children: ComponentChildren;
}) => (
  // The keyboard scrolls only what it can reach.
  <div class="store-scroll" role="group" aria-labelledby={labelledBy} tabIndex={0}>
    {children}
  </div>
);

/** A row of heads; the first is of the names, which stand left, as does what is `text`. */
export const Heads = ({
  names,
  text,
}: {
  readonly names: readonly string[];
  readonly text?: string;
}) => (
  <thead>
    <tr>
      {names.map((name) => (
        <th key={name} scope="col" class={name === text ? "store-text" : undefined}>
          {name}
        </th>
      ))}
    </tr>
  </thead>
);
