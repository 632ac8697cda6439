// Whether what is shown follows the store as it changes.

import { connection, reconnect } from "../models/feeds.ts";
import { isOffline } from "../models/offline.ts";
import { go, linkTo, view } from "../models/page.ts";
import { HOME } from "../url.ts";
import { Link } from "./link.tsx";

export const Live = () => {
  const now = connection.value;
  const { kind } = now;
  if (view.value.range.kind === "fixed")
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
      title={kind === "waiting" ? "Connect now" : undefined}
      onClick={reconnect}
    >
      <i class="dot" />
      <span role="status">{text}</span>
    </button>
  );
};
