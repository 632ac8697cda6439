// A link inside the page: it has a real address (to copy, to open in a tab), and a plain click
// changes the view without loading anything.

import type { ComponentChildren } from "preact";

interface LinkProps {
  readonly href: string;
  readonly onFollow: () => void;
  readonly children: ComponentChildren;
  readonly class?: string | undefined;
  readonly title?: string;
  readonly "aria-current"?: "page" | "true" | undefined;
  readonly [data: `data-${string}`]: string;
}

export const Link = ({ href, onFollow, children, ...rest }: LinkProps) => (
  <a
    {...rest}
    href={href}
    onClick={(event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      onFollow();
    }}
  >
    {children}
  </a>
);
