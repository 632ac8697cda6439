// Labels that stand in the path of a push.

import { describe, expect, test } from "vitest";
import { labelsOf } from "../../../../src/core/formats/pushgateway.ts";

describe("holds", () => {
  const holds = (path: string, labels: Readonly<Record<string, string>>): void =>
    test(path, () => {
      const read = labelsOf(path);
      expect(read.ok && Object.fromEntries(read.value)).toEqual(labels);
    });
  holds("/metrics/job/backup", { job: "backup" });
  holds("/metrics/job/backup/instance/a", { job: "backup", instance: "a" });
  holds("/metrics/job/a%20b%2Fc", { job: "a b/c" });
  holds("/metrics/job/a/path@base64/L3Zhci90bXA", { job: "a", path: "/var/tmp" });
  holds("/metrics/job/a/path@base64/L3Zhci90bXA=", { job: "a", path: "/var/tmp" });
  holds("/metrics/job@base64/w7w_", { job: "ü?" });
  holds("/metrics/job/a/empty@base64/=", { job: "a", empty: "" });
  holds("/metrics/job/a/job/b", { job: "a" });
});

describe("refuses", () => {
  const refuses = (path: string, why: RegExp): void =>
    test(path, () => expect(labelsOf(path)).toMatchObject({ error: expect.stringMatching(why) }));
  refuses("/metrics/job", /^the label "job" has no value/);
  refuses("/metrics/job/a/instance", /^the label "instance" has no value/);
  refuses("/metrics/job/", /^job is empty/);
  refuses("/metrics/job@base64/=", /^job is empty/);
  refuses("/metrics/job@base64/!", /cannot be read/);
  refuses("/metrics/job@base64/_w", /cannot be read/);
  refuses("/metrics/job@hex/ff", /cannot be read/);
  refuses("/metrics/job/%zz", /cannot be read/);
});
