// Files of a worker share their modules, which saves a quarter of the time of all. What a file changed
// of globals is put back behind it: the next one finds them as they were.

import { afterAll, vi } from "vitest";

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
