// Where there is no Chromium, one is installed while other tests run.

import { installChromium } from "../support/chromium.ts";

export default installChromium;
