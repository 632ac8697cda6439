// The names of the databases of a store, which are those of their bindings: DB, DB_1, DB_2, …

/** The name of a database by its number, from 0. */
export const databaseName = (index: number): string =>
  index === 0 ? FIRST_DATABASE : `DB_${index}`;

export const FIRST_DATABASE = "DB";
