// A plain loop, as Swift, Kotlin or any other language writes it: rows by
// collection and id, an outbox of edits, and one number.

export class Phone {
  rows = {};      // "collection id" -> row
  outbox = [];    // {collection, based, row}: edits in their order
  since = 0;

  /** server: {url, headers: () => ({Authorization}), fetch?} */
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
  }

  async push() {
    while (this.outbox.length > 0) {
      const { collection } = this.outbox[0];
      const batch = this.outbox.filter(e => e.collection === collection).slice(0, 100);
      const body = batch.map(({ based, row }) => ({ assumedMasterState: based, newDocumentState: row }));
      const conflicts = await this.call('POST', `/v1/sync/${collection}/push`, body);
      for (const current of conflicts) { // others were faster: theirs stands
        const key = `${collection} ${current.id}`;
        if (current._deleted) delete this.rows[key]; else this.rows[key] = current;
      }
      this.outbox = this.outbox.filter(e => !batch.includes(e)); // only now: they are on disk there
    }
  }

  async pull() {
    let whole = this.since === 0 ? new Set() : null;
    for (let more = true; more;) {
      const page = await this.call('GET', `/v1/changes?since=${this.since}`);
      if (page === null) { // 410: begin again, and drop what does not come
        this.since = 0;
        whole = new Set();
        continue;
      }
      for (const c of page.changes) {
        const key = `${c.collection} ${c.id}`;
        whole?.add(key);
        if (this.outbox.some(e => e.key === key)) continue; // the push decides
        if (c.deleted) delete this.rows[key]; else this.rows[key] = c.row;
      }
      this.since = page.next;
      more = page.more;
    }
    if (whole) for (const key of Object.keys(this.rows))
      if (!whole.has(key) && !this.outbox.some(e => e.key === key)) delete this.rows[key];
  }

  async call(method, path, body) {
    const res = await (this.server.fetch ?? fetch)(this.server.url + path, {
      method, body: body && JSON.stringify(body),
      headers: { ...this.server.headers(), ...(body && { 'Content-Type': 'application/json' }) },
    });
    if (res.status === 410) return null;
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status}`); // later: nothing is lost
    return res.json();
  }
}
