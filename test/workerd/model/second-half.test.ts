// The second half of the random histories.

import { compareHalf } from "./histories.ts";

compareHalf(1);
