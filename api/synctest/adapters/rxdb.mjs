// RxDB with Aftercare: one replication for each collection. It needs no code of
// its own but for a cursor that is too old.
import { replicateRxCollection } from 'rxdb/plugins/replication';

/** server: {url, headers: () => ({Authorization}), fetch?} */
export function replicate(collection, server, { writable = true, batchSize = 100, live = true, pullStream } = {}) {
  const call = server.fetch ?? fetch;
  const at = `${server.url}/v1/sync/${collection.name}`;
  const pullPage = async (checkpoint, limit) => {
    const query = checkpoint ? `&lwt=${checkpoint.lwt}&id=${checkpoint.id}` : '';
    const res = await call(`${at}/pull?limit=${limit}${query}`, { headers: server.headers() });
    if (res.status === 410) return null;
    if (!res.ok) throw new Error(`pull: ${res.status}`); // RxDB tries again
    return res.json();
  };
  return replicateRxCollection({
    collection,
    replicationIdentifier: at,
    live,
    retryTime: 200,
    pull: {
      batchSize,
      stream$: pullStream,
      async handler(checkpoint, limit) {
        const page = await pullPage(checkpoint, limit);
        if (page) return { documents: page.documents, checkpoint: page.checkpoint ?? checkpoint };
        // The checkpoint is too old (410): take everything, and what does not
        // come is gone. RxDB keeps edits that are not pushed yet.
        const documents = [];
        for (let next, more = true; more;) {
          const part = await pullPage(next, 1000);
          documents.push(...part.documents);
          next = part.checkpoint;
          more = part.documents.length === 1000;
          checkpoint = next;
        }
        const there = new Set(documents.map(d => d.id));
        for (const doc of await collection.find().exec())
          if (!there.has(doc.id)) documents.push({ ...doc.toMutableJSON(), _deleted: true });
        return { documents, checkpoint };
      },
    },
    push: writable ? {
      batchSize,
      async handler(rows) {
        const res = await call(`${at}/push`, {
          method: 'POST', headers: { ...server.headers(), 'Content-Type': 'application/json' }, body: JSON.stringify(rows),
        });
        if (!res.ok) throw new Error(`push: ${res.status}`);
        return res.json(); // the current documents of those that conflict
      },
    } : undefined,
  });
}
