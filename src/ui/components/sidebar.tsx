// The list of metrics with its search box. "/" jumps to the search, arrows walk the list.

import { useEffect, useRef } from "preact/hooks";
import type { MetricSummary } from "../../core/api.ts";
import { formatAge, formatValue } from "../format.ts";
import { setToken, token } from "../models/access.ts";
import { second } from "../models/clock.ts";
import { list, more, refresh, search } from "../models/metrics.ts";
import { linkToMetric, openMetric, view } from "../models/page.ts";
import { listOpen } from "./header.tsx";
import { Link } from "./link.tsx";

const Age = ({ at }: { readonly at: number }) => (
  <span class="age">{formatAge(second.value - at)}</span>
);

const Item = ({ metric }: { readonly metric: MetricSummary }) => (
  <li>
    <Link
      class="metric"
      data-metric={metric.name}
      title={metric.name}
      href={linkToMetric(metric.name)}
      aria-current={view.value.metric === metric.name ? "page" : undefined}
      onFollow={() => {
        listOpen.value = false;
        openMetric(metric.name);
      }}
    >
      <span class="name">{metric.name}</span>
      <span class="value">{formatValue(metric.last)}</span>
      <span class="quiet">
        {metric.series === 1 ? "" : `${metric.series.toLocaleString()} series`}
      </span>
      <Age at={metric.lastAt} />
    </Link>
  </li>
);

/** Asks for more by itself when it comes into view. */
function More() {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && more());
    if (button.current !== null) seen.observe(button.current);
    return () => seen.disconnect();
  }, []);
  return (
    <button type="button" class="button more" ref={button} onClick={more}>
      More metrics
    </button>
  );
}

function List() {
  const known = list.value;
  switch (known.kind) {
    case "loading":
      return (
        <ul class="metrics waiting" aria-busy="true">
          {[64, 40, 76, 52, 68].map((width) => (
            <li key={width} class="bone" style={{ width: `${width}%` }} />
          ))}
        </ul>
      );
    case "failed":
      return (
        <p class="note" role="alert">
          {known.message}.{" "}
          <button type="button" class="link" onClick={() => void refresh()}>
            Retry
          </button>
        </p>
      );
    case "ready":
      return (
        <>
          {known.stale && <p class="note">Not refreshed: the server does not answer.</p>}
          {known.metrics.length === 0 && (
            <p class="note">
              {known.search === "" ? "None yet." : `Nothing like “${known.search}”.`}
            </p>
          )}
          <ul class="metrics" data-searched={known.search}>
            {known.metrics.map((metric) => (
              <Item key={metric.name} metric={metric} />
            ))}
          </ul>
          {known.cursor !== undefined && <More key={known.metrics.length} />}
        </>
      );
  }
}

/** Arrows walk over the links; from the search box, down goes to the first. */
function walk(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("input, a.metric")];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  const next = stops[Math.max(0, at + step)];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

export function Sidebar() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const typing = target instanceof HTMLElement && target.matches("input, select, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      listOpen.value = true;
      input.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <aside class="side" data-open={listOpen.value} aria-label="Metrics" onKeyDown={walk}>
      <div class="search">
        <input
          ref={input}
          type="search"
          placeholder="Search metrics"
          aria-label="Search metrics"
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="scroll">
        <List />
      </div>
      <footer>
        <a href="/docs">HTTP API</a>
        {token.value !== undefined && (
          <button type="button" class="link" onClick={() => setToken(undefined)}>
            Forget token
          </button>
        )}
      </footer>
    </aside>
  );
}
