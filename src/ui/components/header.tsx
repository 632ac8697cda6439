// The bar on top: name, range, resolution, and whether the data are live.

import { signal } from "@preact/signals";
import { formatRange, TIER_TITLES } from "../format.ts";
import { connection, reconnect } from "../models/live.ts";
import { go, linkTo, view, zoomOut } from "../models/page.ts";
import { shown } from "../models/reading.ts";
import { HOME, type Range, RESOLUTIONS, SPAN_NAMES } from "../url.ts";
import { Link } from "./link.tsx";

/** On a narrow screen: whether the list of metrics is open. */
export const listOpen = signal(false);

export const Brand = () => (
  <a class="brand" href="/">
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <circle cx="12" cy="12" r="9.5" fill="none" stroke="currentColor" stroke-width="2.5" />
      <path d="M12 12V2.5A9.5 9.5 0 0 1 21.5 12Z" fill="currentColor" />
    </svg>
    Minuet
  </a>
);

const Ranges = () => {
  const { range } = view.value;
  return (
    <nav class="segments" aria-label="Range">
      {SPAN_NAMES.map((span) => {
        const to: Range = { kind: "last", span };
        return (
          <Link
            key={span}
            href={linkTo({ range: to })}
            onFollow={() => go({ range: to })}
            data-range={span}
            aria-current={range.kind === "last" && range.span === span ? "true" : undefined}
          >
            {span}
          </Link>
        );
      })}
    </nav>
  );
};

const TITLES = { auto: "Auto", ...TIER_TITLES } as const;

const Resolutions = () => {
  const { resolution } = view.value;
  const used = shown.value?.answer.resolution;
  return (
    <nav class="segments" aria-label="Resolution">
      {RESOLUTIONS.map((one) => (
        <Link
          key={one}
          href={linkTo({ resolution: one })}
          onFollow={() => go({ resolution: one })}
          data-resolution={one}
          aria-current={resolution === one ? "true" : undefined}
          // With "Auto", the one that is used is hinted at.
          class={resolution === "auto" && used === one ? "used" : undefined}
        >
          {TITLES[one]}
        </Link>
      ))}
    </nav>
  );
};

const Live = () => {
  const { range, metric } = view.value;
  const { kind } = connection.value;
  if (metric === undefined) return null;
  if (range.kind === "fixed")
    return (
      <Link
        class="live"
        data-live="off"
        title="Back to the range that ends now"
        href={linkTo({ range: HOME.range })}
        onFollow={() => go({ range: HOME.range })}
      >
        <i class="dot" />
        Go live
      </Link>
    );
  return (
    <button
      type="button"
      class="live"
      data-live={kind}
      disabled={kind !== "waiting"}
      title={kind === "waiting" ? "Connect now" : undefined}
      onClick={reconnect}
    >
      <i class="dot" />
      <span role="status">
        {kind === "live" ? "Live" : kind === "waiting" ? "Reconnecting" : "Connecting"}
      </span>
    </button>
  );
};

export const Header = () => {
  const { range, metric } = view.value;
  return (
    <header class="bar">
      <Brand />
      {metric !== undefined && (
        <>
          <button
            type="button"
            class="button list-toggle"
            aria-expanded={listOpen.value}
            onClick={() => (listOpen.value = !listOpen.value)}
          >
            Metrics
          </button>
          <div class="controls">
            {range.kind === "fixed" && (
              <button type="button" class="chip" title="Zoom out" onClick={zoomOut}>
                {formatRange(range.from, range.to)} <span aria-hidden="true">×</span>
              </button>
            )}
            <Ranges />
            <Resolutions />
          </div>
          <Live />
        </>
      )}
    </header>
  );
};
