// The 24 hours of a day as a table, for seeks by (hour, series).

export const HOURS_OF_DAY = `json_each('${JSON.stringify([...Array(24).keys()])}')`;
