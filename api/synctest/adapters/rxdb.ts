// RxDB with Aftercare: one replication for each collection. It needs code of its
// own for what is gone without a tombstone, a cursor that is too old and a server
// that was restored from a backup, and for the order of pushes.
import type { RxCollection, RxReplicationPullStreamItem, RxReplicationWriteToMasterRow, WithDeleted } from 'rxdb';
import { replicateRxCollection, type RxReplicationState } from 'rxdb/plugins/replication';
import type { Observable } from 'rxjs';
import { get, post, restoreJump, type Server } from './server.js';

export interface Checkpoint { id: string; lwt: number }

interface Page<T> { documents: WithDeleted<T>[]; checkpoint: Checkpoint | null }

export interface Choices<T> {
  writable?: boolean;
  batchSize?: number;
  live?: boolean;
  pullStream?: Observable<RxReplicationPullStreamItem<T, Checkpoint>>;
}

/** Whether a backup was restored between two checkpoints. */
const jumped = (was?: Checkpoint, is?: Checkpoint | null) => !!was && !!is && was.lwt > 0 && is.lwt - was.lwt >= restoreJump;

export function replicate<T extends { id: string }>(
  collection: RxCollection<T>, server: Server, { writable = true, batchSize = 100, live = true, pullStream }: Choices<T> = {},
): RxReplicationState<T, Checkpoint> {
  const at = `/v1/sync/${collection.name}`;

  async function pullPage(checkpoint: Checkpoint | undefined, limit: number): Promise<Page<T> | null> {
    const query = checkpoint ? `&lwt=${checkpoint.lwt}&id=${checkpoint.id}` : '';
    const res = await get(server, `${at}/pull?limit=${limit}${query}`);
    if (res.status === 410) return null;
    if (!res.ok) throw new Error(`pull: ${res.status}`); // RxDB tries again
    return res.json();
  }

  async function send(rows: Partial<RxReplicationWriteToMasterRow<T>>[]): Promise<WithDeleted<T>[]> {
    const res = await post(server, `${at}/push`, rows);
    if (res.status === 413 && rows.length > 1) { // too much at once
      const half = rows.length >> 1;
      return [...await send(rows.slice(0, half)), ...await send(rows.slice(half))];
    }
    if (!res.ok) throw new Error(`push: ${res.status}`);
    return res.json(); // the current documents of those that conflict
  }

  let last: Promise<unknown> = Promise.resolve();
  /** RxDB sends several batches at once; one after another they arrive in their order. */
  function push(rows: Partial<RxReplicationWriteToMasterRow<T>>[]): Promise<WithDeleted<T>[]> {
    const answer = last.then(() => send(rows));
    last = answer.catch(() => {});
    return answer;
  }

  /** All there is. What does not come is gone, or was lost by a restored server and is sent again. */
  async function everything(checkpoint?: Checkpoint) {
    const documents: WithDeleted<T>[] = [];
    let next: Checkpoint | undefined;
    for (let more = true; more;) {
      const page = await pullPage(next, 1000);
      if (!page) throw new Error('pull: 410 from the beginning');
      documents.push(...page.documents);
      next = page.checkpoint ?? next;
      more = page.documents.length === 1000;
    }
    const come = new Set(documents.map(d => d.id));
    const here = (await collection.find().exec()).map(doc => doc.toMutableJSON());
    const missing = here.filter(doc => !come.has(doc.id)).map(doc => ({ ...doc, _deleted: false }));
    if (!writable || checkpoint && !jumped(checkpoint, next)) {
      documents.push(...missing.map(doc => ({ ...doc, _deleted: true }))); // RxDB keeps what is not pushed yet
    } else if (missing.length > 0) {
      await push(missing.map(doc => ({ newDocumentState: doc })));
    }
    return { documents, checkpoint: next ?? checkpoint };
  }

  return replicateRxCollection<T, Checkpoint>({
    collection,
    replicationIdentifier: server.url + at,
    live,
    retryTime: 200,
    pull: {
      batchSize,
      ...(pullStream && { stream$: pullStream }),
      async handler(checkpoint, limit) {
        const page = checkpoint && await pullPage(checkpoint, limit);
        if (!page || jumped(checkpoint, page.checkpoint)) return everything(checkpoint); // the first time, after a 410, after a restore
        return { documents: page.documents, checkpoint: page.checkpoint ?? checkpoint };
      },
    },
    ...(writable && { push: { batchSize, handler: push } }),
  });
}
