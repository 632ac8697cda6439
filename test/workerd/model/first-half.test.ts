// The first half of the random histories.

import { compareHalf } from "./histories.ts";

compareHalf(0);
