// Leads the process group of a program that `npm start` started: when `npm start` is gone, however
// that happened, the pipe to it closes, and the whole group ends. It must not outlive its program.

import { spawn } from "node:child_process";

spawn(process.execPath, process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] }).on(
  "exit",
  (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.kill(process.pid, signal);
  },
);
process.stdin.resume().on("close", () => process.kill(-process.pid, "SIGKILL"));
