import { expect, it, vi } from 'vitest';
import { catalogue, loadCatalogue } from './catalogue';

it('shows the catalogue at the door before the phone has kept anything', async () => {
  vi.stubGlobal('Request', class { headers = new Headers(); method = 'GET'; });
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ actions: [] })));
  vi.stubGlobal('indexedDB', { open: () => ({}) }); // a database that never answers
  await loadCatalogue(true);
  expect(catalogue.value).toEqual({ actions: [] });
});
