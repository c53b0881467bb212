// The part of idb that the app uses, with its types: IndexedDB by promises.
import type { DBSchema, IDBPDatabase } from 'idb';

const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

type Call = (...args: never[]) => Promise<unknown>;
const reads = ['get', 'getAll', 'getAllKeys', 'count'];
const calls = [...reads, 'put', 'add', 'delete', 'clear'];
const all = (call: (name: string) => Call) => Object.fromEntries(calls.map((name) => [name, call(name)])) as Record<string, Call>;
const wrapped = (store: IDBObjectStore) => all((name) => (...args) => asked((store[name as 'get'] as (...args: never[]) => IDBRequest)(...args)));

function wrap(db: IDBDatabase): object {
  const transaction = (names: string | string[], mode?: IDBTransactionMode) => {
    const tx = db.transaction(names, mode);
    const done = new Promise<void>((ok, fail) => {
      tx.oncomplete = () => ok();
      tx.onerror = tx.onabort = () => fail(tx.error ?? new DOMException('', 'AbortError'));
    });
    done.catch(() => undefined); // who asked hears it of the request
    const objectStore = (name: string) => wrapped(tx.objectStore(name));
    return { done, objectStore, get store() { return objectStore([names].flat()[0]!); } };
  };
  return {
    ...all((name) => async (store: string, ...args: never[]) => {
      const tx = transaction(store, reads.includes(name) ? 'readonly' : 'readwrite');
      const answer = await tx.store[name]!(...args);
      if (!reads.includes(name)) await tx.done; // what was read stays so
      return answer;
    }),
    transaction, close: () => db.close(),
  };
}

export async function openDB<S extends DBSchema>(name: string, version: number, { upgrade, blocking }: { upgrade: (db: IDBDatabase, before: number) => void; blocking: () => void }): Promise<IDBPDatabase<S>> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = (e) => upgrade(request.result, e.oldVersion);
  const db = await asked(request);
  db.onversionchange = db.onclose = blocking;
  return wrap(db) as IDBPDatabase<S>;
}
