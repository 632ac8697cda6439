// Parts of a time, UTC, of seconds since 1970. A value that is no time has none: NaN.

const of =
  (part: (date: Date) => number) =>
  (seconds: number): number => {
    const date = new Date(Math.trunc(seconds) * 1_000);
    return Number.isNaN(date.getTime()) ? NaN : part(date);
  };

const DAY_MS = 86_400_000;

export const year = of((date) => date.getUTCFullYear());
export const month = of((date) => date.getUTCMonth() + 1);
export const dayOfMonth = of((date) => date.getUTCDate());
export const dayOfWeek = of((date) => date.getUTCDay());
export const dayOfYear = of(
  (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / DAY_MS) + 1,
);
export const daysInMonth = of((date) =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
);
export const hour = of((date) => date.getUTCHours());
export const minute = of((date) => date.getUTCMinutes());
