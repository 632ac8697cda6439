// The bar on top of the pages apart from the charts: name, and what is set for good.

import { useEffect } from "preact/hooks";
import { startTheme } from "../models/theme.ts";
import { Brand, SettingsMenu } from "./header.tsx";

export function PageHeader() {
  useEffect(startTheme, []);
  return (
    <header class="bar">
      <Brand />
      <div class="ends">
        <SettingsMenu apart />
      </div>
    </header>
  );
}
