// Above the panels: what of the address cannot be read, and of a saved view its name. Loaded when there is either.

import { view } from "../models/page.ts";
import { AddressNote } from "./address-note.tsx";
import { ViewHead } from "./view-head.tsx";

export function Head() {
  const { saved } = view.value;
  return (
    <>
      <AddressNote />
      {saved !== undefined && <ViewHead id={saved} />}
    </>
  );
}
