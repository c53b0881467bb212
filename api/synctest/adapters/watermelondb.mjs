// WatermelonDB with Aftercare: synchronize() as its own documentation writes it.
import { synchronize } from '@nozbe/watermelondb/sync/index.js';

/** server: {url, headers: () => ({Authorization}), fetch?} */
export async function sync(database, server) {
  const call = server.fetch ?? fetch;
  await synchronize({
    database,
    async pullChanges({ lastPulledAt, schemaVersion, migration }) {
      const query = `last_pulled_at=${lastPulledAt}&schema_version=${schemaVersion}&migration=${encodeURIComponent(JSON.stringify(migration))}`;
      const res = await call(`${server.url}/v1/sync?${query}`, { headers: server.headers() });
      if (!res.ok) throw new Error(`pull: ${res.status}`);
      return res.json(); // {changes, timestamp}, and a strategy where lastPulledAt is too old
    },
    async pushChanges({ changes, lastPulledAt }) {
      const res = await call(`${server.url}/v1/sync?last_pulled_at=${lastPulledAt}`, {
        method: 'POST', headers: { ...server.headers(), 'Content-Type': 'application/json' }, body: JSON.stringify(changes),
      });
      if (!res.ok) throw new Error(`push: ${res.status}`); // 409: synchronise again
    },
    sendCreatedAsUpdated: true, // created rows come back in updated
  });
}
