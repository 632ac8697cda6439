// The list of metrics beside the charts, with its search box; a drawer on narrow screens.

import { listOpen } from "../models/drawer.ts";
import { go, linkToStore } from "../models/page.ts";
import { sort, sortBy, SORTS } from "../models/starred.ts";
import { HOME } from "../url.ts";
import { ICONS } from "./icons.tsx";
import { Link } from "./link.tsx";
import { MetricList } from "./metric-list.tsx";
import { SearchBox } from "./search-box.tsx";

const close = (): void => {
  listOpen.value = false;
};

export const Sidebar = () => (
  <>
    {listOpen.value && <div class="veil" onClick={close} />}
    <aside class="side" data-open={listOpen.value} aria-label="Metrics">
      <div class="head">
        <SearchBox />
        <button type="button" class="tool close" aria-label="Close the list" onClick={close}>
          <ICONS.close />
        </button>
      </div>
      <select
        class="sort"
        aria-label="Order of the metrics"
        value={sort.value}
        onChange={({ currentTarget }) =>
          sortBy(SORTS.find((one) => one === currentTarget.value) ?? "name")
        }
      >
        {SORTS.map((one) => (
          <option key={one} value={one}>
            {one === "group" ? "In groups" : `By ${one}`}
          </option>
        ))}
      </select>
      <MetricList />
      <footer>
        <Link href={linkToStore()} onFollow={() => go({ ...HOME, page: "store" })}>
          Store
        </Link>
        <a href="/docs">HTTP API</a>
      </footer>
    </aside>
  </>
);
