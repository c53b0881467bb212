// A plain loop, as Swift, Kotlin or any other language writes it: rows by
// collection and id, an outbox of edits, and one number.
import { get, post, restoreJump, type Server, written } from './server.js';

export type Row = Record<string, unknown>;

interface Edit {
  key: string; // "collection id"
  collection: string;
  based?: Row; // the row that the person saw
  row: Row;    // as it is to be
}

interface Page {
  changes: { collection: string; id: string; deleted: boolean; row: Row | null; sent?: Row }[];
  next: number;
  more: boolean;
}

export class Phone {
  rows: Record<string, Row> = {}; // by "collection id"
  outbox: Edit[] = [];            // in their order
  since = 0;                      // the cursor
  furthest = 0;                   // the highest cursor that there was
  come: Set<string> | null = null; // what came since all comes again; null: it does not
  restored = false;               // it does because a backup was restored

  constructor(readonly server: Server) {}

  /** row: null deletes. The edit is kept until the server has answered it. */
  edit(collection: string, id: string, row: Row | null): void {
    const key = `${collection} ${id}`;
    const next = row ? { ...row, id } : { id, _deleted: true };
    const waiting = this.outbox.find(e => e.key === key);
    if (waiting) waiting.row = next;
    else this.outbox.push({ key, collection, based: this.rows[key], row: next });
    if (row) this.rows[key] = next;
    else delete this.rows[key];
  }

  async sync(): Promise<void> {
    await this.push();
    await this.pull();
    await this.push(); // what a restored server had lost
  }

  async push(): Promise<void> {
    let most = 100;
    for (let first = this.outbox[0]; first; first = this.outbox[0]) {
      const { collection } = first;
      const batch = this.outbox.filter(e => e.collection === collection).slice(0, most);
      const sent = new Map(batch.map(e => [e, e.row]));
      const body = batch.map(({ based, row }) => ({ assumedMasterState: based, newDocumentState: row }));
      const res = await post(this.server, `/v1/sync/${collection}/push`, body);
      if (res.status === 413 && batch.length > 1) { // too much at once
        most = Math.floor(batch.length / 2);
        continue;
      }
      const conflicts: Row[] = await this.answer(res);
      const waits = (e: Edit) => sent.get(e) !== e.row; // it was not sent, or was edited again meanwhile
      for (const e of batch) if (waits(e)) e.based = sent.get(e);
      for (const current of conflicts) { // others were faster: theirs stands
        const key = `${collection} ${current.id}`;
        this.outbox = this.outbox.filter(e => e.key !== key);
        this.take(key, current._deleted ? null : current);
      }
      this.outbox = this.outbox.filter(waits); // only now: they are on disk there
    }
  }

  async pull(): Promise<void> {
    if (this.since === 0 && !this.come) this.begin(true); // what is here was made here: a server that has it not has lost it
    for (let more = true; more;) {
      const res = await get(this.server, `/v1/changes?since=${this.since}`);
      if (res.status === 410) { // begin again, and drop what does not come
        this.since = 0;
        this.begin(false);
        continue;
      }
      const page: Page = await this.answer(res);
      if (this.furthest > 0 && page.next - this.furthest >= restoreJump) this.begin(true);
      for (const c of page.changes) {
        const key = `${c.collection} ${c.id}`;
        this.come?.add(key);
        if (this.outbox.some(e => e.key === key)) continue; // the push decides
        this.take(key, c.row && { ...c.row, ...c.sent }); // what flags name is shown as it was sent
      }
      this.since = page.next;
      this.furthest = Math.max(this.furthest, page.next);
      more = page.more;
    }
    this.settle();
  }

  private take(key: string, row: Row | null): void {
    if (row) this.rows[key] = row;
    else delete this.rows[key];
  }

  private begin(restored: boolean): void {
    this.come = new Set();
    this.restored = restored;
  }

  /** Once all has come again: what has not is gone, or lost by a restore and sent again. */
  private settle(): void {
    for (const [key, row] of Object.entries(this.rows)) {
      const [collection = ''] = key.split(' ');
      if (!this.come || this.come.has(key) || this.outbox.some(e => e.key === key)) continue;
      if (this.restored && written.includes(collection)) this.outbox.push({ key, collection, row });
      else delete this.rows[key];
    }
    this.come = null;
    this.restored = false;
  }

  private answer(res: Response) {
    if (!res.ok) throw new Error(`${res.url}: ${res.status}`); // later: nothing is lost
    return res.json();
  }
}
