// The bar on top: name, range, resolution, whether the data are live, and what is set for good.

import { TITLES } from "../format.ts";
import { bell } from "../models/bell.ts";
import { covers, listOpen } from "../models/drawer.ts";
import { go, linkTo, page, panelCount, view, zoomOut } from "../models/page.ts";
import { placed } from "../models/placed.ts";
import type { WholeAnswer } from "../models/whole.ts";
import { SPANS } from "../spans.ts";
import { type Range, type Resolution, RESOLUTIONS } from "../url.ts";
import { Compare } from "./compare.tsx";
import { CustomRange } from "./custom-range.tsx";
import { ICONS } from "./icons.tsx";
import { Link } from "./link.tsx";
import { Live } from "./live-state.tsx";
import { lazily } from "./lazily.tsx";
import { Menu } from "./menu.tsx";
import { RangeSteps } from "./range-steps.tsx";

export const Brand = () => (
  <a class="brand" href="/" aria-label="Minuet">
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <circle cx="12" cy="12" r="9.5" fill="none" stroke="currentColor" stroke-width="2.5" />
      <path d="M12 12V2.5A9.5 9.5 0 0 1 21.5 12Z" fill="currentColor" />
    </svg>
    <span>Minuet</span>
  </a>
);

const Ranges = () => {
  const { range } = view.value;
  return (
    <nav class="segments" aria-label="Range">
      {SPANS.map((span) => {
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
      <CustomRange />
    </nav>
  );
};

/** An expression is asked for at times of its own. */
const usedBy = (answer: WholeAnswer | undefined): Resolution | undefined =>
  answer?.form === undefined ? answer?.resolution : undefined;

const Resolutions = () => {
  const { resolution } = view.value;
  const used = new Set(placed.value.map(({ reading }) => usedBy(reading?.shown.value?.answer)));
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
          class={one !== "auto" && resolution === "auto" && used.has(one) ? "used" : undefined}
        >
          {one === "auto" ? "Auto" : TITLES[one]}
        </Link>
      ))}
    </nav>
  );
};

const ZoomOut = () =>
  view.value.range.kind === "fixed" && (
    <button
      type="button"
      class="tool"
      aria-label="Back to the range before"
      title="Back to the range before"
      onClick={zoomOut}
    >
      <ICONS.close />
    </button>
  );

const loadViews = () => import("./views.tsx");
const Views = lazily(async () => (await loadViews()).Views);
const Settings = lazily(async () => (await import("./settings.tsx")).Settings);

/** `apart`: on a page without charts. */
export const SettingsMenu = ({ apart }: { readonly apart?: boolean | undefined }) => (
  <Menu name="Settings and more" label={<ICONS.more />} class="tool">
    {(close) => <Settings close={close} apart={apart} />}
  </Menu>
);

export const Header = () => {
  const explores = page.value === "explore";
  const hasCharts = page.value !== "store" && panelCount.value > 0;
  return (
    <header class="bar" inert={covers.value}>
      <Brand />
      {explores && (
        <button
          type="button"
          class="button list-toggle"
          aria-expanded={listOpen.value}
          onClick={() => (listOpen.value = !listOpen.value)}
        >
          <ICONS.list /> Metrics
        </button>
      )}
      {hasCharts && (
        <div class="controls">
          <Ranges />
          <ZoomOut />
          <Compare />
          <Resolutions />
        </div>
      )}
      <div class="ends">
        {bell.value}
        {hasCharts && <RangeSteps />}
        {hasCharts && <Live />}
        {explores && (
          <Menu name="Views and layout" label={<ICONS.views />} class="tool" onNear={loadViews}>
            {(close) => <Views close={close} />}
          </Menu>
        )}
        <SettingsMenu />
      </div>
    </header>
  );
};
