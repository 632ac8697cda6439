// A real D1 in which something happens just before a batch: what two do at the same time, in an order
// that a test chooses.

/** `work` is done before the nth batch of a session. */
export const interrupted = (
  db: D1Database,
  nth: number,
  work: () => Promise<unknown>,
): D1Database => {
  const withSession = (...args: Parameters<D1Database["withSession"]>): D1DatabaseSession => {
    const session = db.withSession(...args);
    let batches = 0;
    const statement = (prepared: D1PreparedStatement): D1PreparedStatement =>
      new Proxy(prepared, {
        get: (target, name) => {
          if (name === "bind") return (...params: unknown[]) => statement(target.bind(...params));
          const value: unknown = Reflect.get(target, name);
          if (name !== "all") return value;
          return async () => {
            if (++batches === nth) await work();
            return await target.all();
          };
        },
      });
    return {
      prepare: (sql) => statement(session.prepare(sql)),
      getBookmark: () => session.getBookmark(),
      async batch<T>(statements: D1PreparedStatement[]) {
        if (++batches === nth) await work();
        return await session.batch<T>(statements);
      },
    };
  };
  return Object.assign(Object.create(db) as D1Database, { withSession });
};
