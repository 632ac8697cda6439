// Whether what is shown follows the store as it changes.

import { MINUTE } from "../../core/tiers.ts";
import { connection, reconnect } from "../models/feeds.ts";
import { isOffline } from "../models/offline.ts";
import { go, linkTo, view } from "../models/page.ts";
import { spanOf } from "../spans.ts";
import { lengthOf, type Range } from "../url.ts";
import { Link } from "./link.tsx";

/** As long as a range, to the minute, and ending now. */
const untilNow = (range: Range): Range => {
  const minutes = Math.max(1, Math.round(lengthOf(range) / MINUTE));
  return { kind: "last", span: spanOf(minutes * MINUTE) };
};

export const Live = () => {
  const now = connection.value;
  const { kind } = now;
  const { range } = view.value;
  if (range.kind === "fixed")
    return (
      <Link
        class="live"
        data-live="off"
        title="As long a range, which ends now"
        href={linkTo({ range: untilNow(range) })}
        onFollow={() => go({ range: untilNow(range) })}
      >
        <i class="dot" />
        <span>Go live</span>
      </Link>
    );
  const text = isOffline.value
    ? "Offline"
    : kind === "live"
      ? "Live"
      : // Expressions alone: they ask again when a minute is over.
        kind === "off"
        ? "Each minute"
        : now.kind === "waiting"
          ? now.behind
            ? "Catching up"
            : "Reconnecting"
          : "Connecting";
  return (
    <button
      type="button"
      class={isOffline.value ? "live quiet" : "live"}
      data-live={kind}
      disabled={kind !== "waiting"}
      title={kind === "waiting" ? "Connect now" : text}
      onClick={reconnect}
    >
      <i class="dot" />
      <span role="status">{text}</span>
    </button>
  );
};
