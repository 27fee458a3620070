// What node-postgres does: one request a line on standard input, one answer a line.
//
// A request is JSON: {"url": ..., "environment": {...}}; the answer "tls", "plain" or "fails: " and why.
const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");
const { Client } = createRequire(process.argv[2] + "/")("pg");

const before = { ...process.env };
process.removeAllListeners("warning");
process.on("warning", () => {});

async function answer(request) {
  for (const name of Object.keys(process.env)) if (/^(PG|NODE_TLS)/.test(name)) delete process.env[name];
  Object.assign(process.env, request.environment);
  let client;
  // pg throws some of its errors where no promise waits for them.
  const thrown = new Promise((_, reject) => {
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", reject);
  });
  thrown.catch(() => {});
  try {
    client = new Client({ connectionString: request.url, connectionTimeoutMillis: 10000 });
    client.on("error", () => {});
    await Promise.race([client.connect(), thrown]);
    const found = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    return found.rows[0].ssl ? "tls" : "plain";
  } catch (error) {
    return "fails: " + String(error.message || error).replace(/\s+/g, " ");
  } finally {
    if (client) client.end().catch(() => {});
    process.env = { ...before };
  }
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write((await answer(JSON.parse(line))) + "\n");
  }
})();
