// The memory of the Worker's isolate, by the inspector protocol: JavaScript heap and array buffers,
// after a garbage collection.

interface Target {
  readonly webSocketDebuggerUrl: string;
  readonly title?: string;
  readonly id: string;
}

/** `worker`: a part of its name. @throws when there is no inspector on the port. */
export async function heapBytes(port: number, worker = "minuet"): Promise<number> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as Target[];
  const target = targets.find(({ id }) => id.includes(worker)) ?? targets[0];
  if (target === undefined) throw new Error(`no inspector target on port ${port}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the inspector refused")));
  });
  let id = 0;
  const call = (method: string): Promise<Record<string, number>> =>
    new Promise((resolve) => {
      const mine = ++id;
      socket.addEventListener("message", (event) => {
        const message = JSON.parse(String(event.data)) as {
          id?: number;
          result?: Record<string, number>;
        };
        if (message.id === mine) resolve(message.result ?? {});
      });
      socket.send(JSON.stringify({ id: mine, method }));
    });
  // A snapshot begins with a collection; asking for one alone (collectGarbage) is never answered.
  await call("HeapProfiler.takeHeapSnapshot");
  const { usedSize = 0, backingStorageSize = 0 } = await call("Runtime.getHeapUsage");
  socket.close();
  return usedSize + backingStorageSize;
}
