// The Worker: HTTP, the cron, and the shard's class for the runtime to find.

import { app } from "./app.ts";
import { runCron } from "./cron/cron.ts";
import type { Env } from "./env.ts";
import { arrived } from "./turns.ts";

export { Shard } from "../durable/shard.ts";

export default {
  fetch(request, env, context) {
    arrived();
    return app.fetch(request, env, context);
  },
  async scheduled(_controller, env) {
    await runCron(env);
  },
} satisfies ExportedHandler<Env>;
