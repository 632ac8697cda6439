// The code of the store's page and its stylesheet, side by side.

import { styled } from "../styled.ts";
import href from "../styles/store.css?url";

export async function loadStore() {
  const [{ default: Store }] = await Promise.all([import("./store-view.tsx"), styled(href)]);
  return Store;
}
