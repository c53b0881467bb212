// WatermelonDB with Aftercare: synchronize() as its own documentation writes it, and
// what a server sends again that was restored from a backup.
import type { Database } from '@nozbe/watermelondb';
import { synchronize, type SyncTableChangeSet } from '@nozbe/watermelondb/sync/index.js';
import { get, post, restoreJump, type Server, written } from './server.js';

interface Pulled {
  changes: Record<string, SyncTableChangeSet>;
  timestamp: number;
  experimentalStrategy?: 'replacement'; // where lastPulledAt is too old
}

export async function sync(database: Database, server: Server): Promise<void> {
  async function pull(query: string): Promise<Pulled> {
    const res = await get(server, `/v1/sync?${query}`);
    if (!res.ok) throw new Error(`pull: ${res.status}`);
    return res.json();
  }

  async function push(changes: object, lastPulledAt: number): Promise<void> {
    const res = await post(server, `/v1/sync?last_pulled_at=${lastPulledAt}`, changes);
    if (!res.ok) throw new Error(`push: ${res.status}`); // 409: synchronise again
  }

  /** Sends what a person wrote and a restored server has lost. */
  async function pushLost({ changes, timestamp }: Pulled): Promise<void> {
    const lost: Record<string, { updated: object[] }> = {};
    for (const table of written.filter(name => name in database.schema.tables)) {
      const { updated = [], deleted = [] } = changes[table] ?? {};
      const come = new Set([...updated.map(row => row.id), ...deleted]);
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
      if (!lastPulledAt || pulled.timestamp - lastPulledAt < restoreJump) return pulled;
      await pushLost(pulled); // a backup was restored: all comes again
      return { ...await pull(query), experimentalStrategy: 'replacement' };
    },
    pushChanges: ({ changes, lastPulledAt }) => push(changes, lastPulledAt),
    sendCreatedAsUpdated: true, // created rows come back in updated
  });
}
