// The limits of alerts, a part of ../limits.ts, with which they are imported.

/** Rules of alerts of a store: bounds what a run of the cron reads and decides. */
export const alertRules = 200;
/** Characters of a rule's name. */
export const ruleNameLength = 100;
/** Characters of the address of a webhook. */
export const webhookLength = 2_000;
/** Labels that tell a rule's alerts apart. */
export const labelsPerRule = 10;
/** Alerts that one rule may make: stops an id used as a label. */
export const alertsPerRule = 1_000;
/** Alerts of a rule that are over and still shown on charts. */
export const pastAlerts = 50;
/** Rules as they were before changes, whose words are kept until what they told has its end. */
export const formerRules = 10;
/** Groups whose values are told of a rule that is looked at. */
export const valuesPerRule = 20;
/** Alerts in one notice; the rest are in the next. */
export const alertsPerNotice = 100;
/** Characters of a rule's state: it must fit one row. */
export const alertStateCharacters = 600_000;
/** Longest window, `for` and `resolveAfter` of a rule, ms. */
export const alertWindowMs = 86_400_000;
/** Notices of one run of the cron: the free plan has 50 requests to others in one. */
export const noticesPerRun = 30;
/** Notices that are sent at once. */
export const noticesAtOnce = 6;
/** Readings of one run of the cron for rules. */
export const alertReadsPerRun = 24;
/** How long runs may not come to measure a rule before it says so, ms; it is noted so often. */
export const alertUnmeasuredMs = 600_000;
/** How long a webhook may take to answer, ms. */
export const webhookMs = 5_000;
/** How long a notice belongs to the run that sends it, ms: longer than all of them take. */
export const noticeLeaseMs = 120_000;
