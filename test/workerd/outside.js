// What the Worker under test reaches by `fetch`, in place of the internet: a Worker beside it. It answers as a
// test said, host by host, and keeps what came.

const hosts = new Map();

/** The answers said for a host, and what came to it. */
function hostOf(name) {
  let host = hosts.get(name);
  if (host === undefined) hosts.set(name, (host = { said: {}, received: [] }));
  return host;
}

/** By the binding OUTSIDE: GET what came to a host, PUT how it answers from now on. */
async function told(request, host) {
  if (request.method === "GET") return Response.json(host.received.splice(0));
  host.said = await request.json();
  return new Response();
}

export default {
  async fetch(request) {
    const { hostname, pathname } = new URL(request.url);
    if (hostname === "outside") return told(request, hostOf(pathname.slice(1)));
    const { said, received } = hostOf(hostname);
    const headers = Object.fromEntries(request.headers);
    received.push({ url: request.url, body: await request.text(), headers });
    if (said.fails) throw new Error("no route");
    if (said.hangs) await new Promise((resolve) => setTimeout(resolve, 60_000));
    const { status = 200, body = "ok", headers: sent = {} } = said;
    return new Response(body, { status, headers: sent });
  },
};
