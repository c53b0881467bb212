// A plain loop, as Swift, Kotlin or any other language writes it: rows by
// collection and id, an outbox of edits, and one number.

// What a person writes. Reminders, episodes and warnings follow from it.
const written = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress'];

const tooLarge = Symbol('413');

/** The phone's clock, right or wrong. */
const clock = server => (server.now?.() ?? new Date()).toISOString();

export class Phone {
  rows = {};      // "collection id" -> row
  outbox = [];    // {collection, based, row}: edits in their order
  since = 0;      // the cursor
  furthest = 0;   // the highest cursor that there was
  come = null;    // "collection id" of what came since all comes again; null: it does not
  restored = false; // it does because a backup was restored

  /** server: {url, headers: () => ({Authorization}), fetch?, now?} */
  constructor(server) { this.server = server; }

  /** row: null deletes. The edit is kept until the server has answered it. */
  edit(collection, id, row) {
    const key = `${collection} ${id}`;
    const waiting = this.outbox.find(e => e.key === key);
    const edit = waiting ?? { key, collection, based: this.rows[key] };
    edit.row = row ? { ...row, id } : { id, _deleted: true };
    if (!waiting) this.outbox.push(edit);
    if (row) this.rows[key] = edit.row; else delete this.rows[key];
  }

  async sync() {
    await this.push();
    await this.pull();
    await this.push(); // what a restored server had lost
  }

  async push() {
    for (let most = 100; this.outbox.length > 0;) {
      const { collection } = this.outbox[0];
      const batch = this.outbox.filter(e => e.collection === collection).slice(0, most);
      const sent = new Map(batch.map(e => [e, e.row]));
      const body = batch.map(({ based, row }) => ({ assumedMasterState: based, newDocumentState: row }));
      const conflicts = await this.call('POST', `/v1/sync/${collection}/push`, body);
      if (conflicts === tooLarge) {
        most = Math.floor(batch.length / 2);
        continue;
      }
      const waits = e => !sent.has(e) || sent.get(e) !== e.row; // or was edited again meanwhile
      for (const e of batch) if (waits(e)) e.based = sent.get(e);
      for (const current of conflicts) { // others were faster: theirs stands
        const key = `${collection} ${current.id}`;
        this.outbox = this.outbox.filter(e => e.key !== key);
        if (current._deleted) delete this.rows[key]; else this.rows[key] = current;
      }
      this.outbox = this.outbox.filter(waits); // only now: they are on disk there
    }
  }

  async pull() {
    if (this.since === 0 && !this.come) { // what is here was made here: a server that has it not has lost it
      this.come = {};
      this.restored = true;
    }
    for (let more = true; more;) {
      const page = await this.call('GET', `/v1/changes?since=${this.since}`);
      if (page === null) { // 410: begin again, and drop what does not come
        this.since = 0;
        this.come = {};
        continue;
      }
      if (this.furthest > 0 && page.next - this.furthest >= 2 ** 31) { // a backup was restored
        this.come = {};
        this.restored = true;
      }
      for (const c of page.changes) {
        const key = `${c.collection} ${c.id}`;
        if (this.come) this.come[key] = true;
        if (this.outbox.some(e => e.key === key)) continue; // the push decides
        if (c.deleted) delete this.rows[key]; else this.rows[key] = c.row;
      }
      this.since = page.next;
      this.furthest = Math.max(this.furthest, page.next);
      more = page.more;
    }
    if (this.come) this.settle();
  }

  /** All has come again: what has not is gone, or lost by a restore and sent again. */
  settle() {
    for (const [key, row] of Object.entries(this.rows)) {
      const collection = key.split(' ')[0];
      if (this.come[key] || this.outbox.some(e => e.key === key)) continue;
      if (this.restored && written.includes(collection)) this.outbox.push({ key, collection, row });
      else delete this.rows[key];
    }
    this.come = null;
    this.restored = false;
  }

  async call(method, path, body) {
    const res = await (this.server.fetch ?? fetch)(this.server.url + path, {
      method, body: body && JSON.stringify(body),
      headers: { ...this.server.headers(), 'Client-Time': clock(this.server), ...(body && { 'Content-Type': 'application/json' }) },
    });
    if (res.status === 410) return null;
    if (res.status === 413 && body.length > 1) return tooLarge;
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status}`); // later: nothing is lost
    return res.json();
  }
}
