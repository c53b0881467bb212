// WatermelonDB with Aftercare: synchronize() as its own documentation writes it, and
// what a server sends again that was restored from a backup.
import { synchronize } from '@nozbe/watermelondb/sync/index.js';

// What a person writes. Reminders, episodes and warnings follow from it.
const written = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress'];

/** server: {url, headers: () => ({Authorization}), fetch?, now?} */
export async function sync(database, server) {
  const call = server.fetch ?? fetch;

  async function pull(query) {
    const res = await call(`${server.url}/v1/sync?${query}`, { headers: server.headers() });
    if (!res.ok) throw new Error(`pull: ${res.status}`);
    return res.json(); // {changes, timestamp}, and a strategy where lastPulledAt is too old
  }

  async function push(changes, lastPulledAt) {
    const res = await call(`${server.url}/v1/sync?last_pulled_at=${lastPulledAt}`, {
      method: 'POST', body: JSON.stringify(changes),
      headers: { ...server.headers(), 'Content-Type': 'application/json', 'Client-Time': (server.now?.() ?? new Date()).toISOString() },
    });
    if (!res.ok) throw new Error(`push: ${res.status}`); // 409: synchronise again
  }

  /** Sends what a person wrote and a restored server has lost. */
  async function pushLost({ changes, timestamp }) {
    const lost = {};
    for (const table of written.filter(name => name in database.schema.tables)) {
      const come = new Set([...changes[table].updated.map(row => row.id), ...changes[table].deleted]);
      const rows = (await database.get(table).query().fetch()).filter(r => !come.has(r.id) && r.syncStatus !== 'created');
      if (rows.length > 0) lost[table] = { updated: rows.map(r => r._raw) };
    }
    if (Object.keys(lost).length > 0) await push(lost, timestamp);
  }

  await synchronize({
    database,
    async pullChanges({ lastPulledAt, schemaVersion, migration }) {
      const query = `last_pulled_at=${lastPulledAt}&schema_version=${schemaVersion}&migration=${encodeURIComponent(JSON.stringify(migration))}`;
      const pulled = await pull(query);
      if (!lastPulledAt || pulled.timestamp - lastPulledAt < 2 ** 31) return pulled;
      await pushLost(pulled); // a backup was restored: all comes again
      return { ...await pull(query), experimentalStrategy: 'replacement' };
    },
    pushChanges: ({ changes, lastPulledAt }) => push(changes, lastPulledAt),
    sendCreatedAsUpdated: true, // created rows come back in updated
  });
}
