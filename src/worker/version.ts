// The version that /status and the API document name.

import packageJson from "../../package.json" with { type: "json" };

export const VERSION: string = packageJson.version;
