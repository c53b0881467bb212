// RxDB with Aftercare: one replication for each collection. It needs no code of
// its own but for what is gone without a tombstone: a cursor that is too old, and
// a server that was restored from a backup.
import { replicateRxCollection } from 'rxdb/plugins/replication';

/** Whether a backup was restored between two checkpoints. */
const jumped = (was, is) => was?.lwt > 0 && is?.lwt - was.lwt >= 2 ** 31;

/** server: {url, headers: () => ({Authorization}), fetch?, now?} */
export function replicate(collection, server, { writable = true, batchSize = 100, live = true, pullStream } = {}) {
  const call = server.fetch ?? fetch;
  const at = `${server.url}/v1/sync/${collection.name}`;

  async function pullPage(checkpoint, limit) {
    const query = checkpoint ? `&lwt=${checkpoint.lwt}&id=${checkpoint.id}` : '';
    const res = await call(`${at}/pull?limit=${limit}${query}`, { headers: server.headers() });
    if (res.status === 410) return null;
    if (!res.ok) throw new Error(`pull: ${res.status}`); // RxDB tries again
    return res.json();
  }

  async function push(rows) {
    const res = await call(`${at}/push`, {
      method: 'POST', body: JSON.stringify(rows),
      headers: { ...server.headers(), 'Content-Type': 'application/json', 'Client-Time': (server.now?.() ?? new Date()).toISOString() },
    });
    if (!res.ok) throw new Error(`push: ${res.status}`);
    return res.json(); // the current documents of those that conflict
  }

  /** All there is. What does not come is gone, or was lost by a restored server and is sent again. */
  async function everything(checkpoint) {
    const documents = [];
    let next;
    for (let page; !page || page.documents.length === 1000; next = page.checkpoint ?? next) {
      page = await pullPage(next, 1000);
      documents.push(...page.documents);
    }
    const come = new Set(documents.map(d => d.id));
    const missing = (await collection.find().exec()).filter(doc => !come.has(doc.id)).map(doc => doc.toMutableJSON());
    if (!writable || checkpoint && !jumped(checkpoint, next)) {
      documents.push(...missing.map(doc => ({ ...doc, _deleted: true }))); // RxDB keeps what is not pushed yet
    } else if (missing.length > 0) {
      await push(missing.map(doc => ({ newDocumentState: doc })));
    }
    return { documents, checkpoint: next ?? checkpoint };
  }

  return replicateRxCollection({
    collection,
    replicationIdentifier: at,
    live,
    retryTime: 200,
    pull: {
      batchSize,
      stream$: pullStream,
      async handler(checkpoint, limit) {
        const page = checkpoint && await pullPage(checkpoint, limit);
        if (!page || jumped(checkpoint, page.checkpoint)) return everything(checkpoint); // the first time, after a 410, after a restore
        return { documents: page.documents, checkpoint: page.checkpoint ?? checkpoint };
      },
    },
    push: writable ? { batchSize, handler: push } : undefined,
  });
}
