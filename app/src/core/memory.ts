// What a browser that keeps nothing has in place of a database: it lasts as long
// as the page. A file of its own, which only such a browser loads.
const paths: Record<string, string[]> = { rows: ['collection', 'id'], outbox: ['n'], photos: ['id'] };

type Kept = Record<string, unknown>;
type Key = string | number | string[];

/** The calls of the one in idb.ts. */
export function memory(): object {
  const stores: Record<string, Map<string, { key: Key; value: Kept }>> = {};
  let last = 0;
  const objectStore = (name: string) => {
    const rows = (stores[name] ??= new Map());
    const put = async (value: Kept, named?: Key) => {
      const path = paths[name];
      const kept = structuredClone(name === 'outbox' ? { n: ++last, ...value } : value);
      const key = named ?? (path!.length > 1 ? path!.map((p) => kept[p] as string) : (kept[path![0]!] as Key));
      rows.set(JSON.stringify(key), { key, value: kept });
      return key;
    };
    const all = async () => [...rows.values()].map((r) => structuredClone(r.value));
    return {
      put, add: put, getAll: all, getAllKeys: async () => [...rows.values()].map((r) => r.key), count: async () => rows.size,
      get: async (key: Key) => structuredClone(rows.get(JSON.stringify(key))?.value), delete: async (key: Key) => { rows.delete(JSON.stringify(key)); }, clear: async () => rows.clear(),
    };
  };
  const direct = (name: 'put') => (store: string, ...args: [never, never]) => objectStore(store)[name](...args);
  return {
    ...Object.fromEntries(Object.keys(objectStore('kv')).map((name) => [name, direct(name as 'put')])),
    transaction: (names: string | string[]) => ({ done: Promise.resolve(), objectStore, get store() { return objectStore([names].flat()[0]!); } }),
    close: () => undefined,
  };
}
