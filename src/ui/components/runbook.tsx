// The parts of /docs for who runs the store.

import backup from "../../../docs/backup.md?raw";
import runbook from "../../../docs/runbook.md?raw";
import { Written } from "./written.tsx";

export const Backup = () => <Written id="backup" title="Backups" text={backup} prefix="backup-" />;

export const Runbook = () => <Written id="runbook" title="Runbook" text={runbook} prefix="sign-" />;
