// The service worker: the app starts without a network, and pushes become
// notifications. Nothing of the API is ever answered from here.
const scope = self as unknown as ServiceWorkerGlobalScope;
const shell: string[] = '%SHELL%' as unknown as string[]; // filled in by the build
const cacheName = 'shell-%VERSION%';

interface Push {
  notification_id?: string; tag?: string; title?: string; body?: string; url?: string; actions?: string[];
  action_token?: string; reminder_id?: string; clear?: string; kind?: string;
}

scope.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(shell.map((url) => new Request(url, { cache: 'no-cache' })))));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('shell-') && name !== cacheName) await caches.delete(name);
    await scope.clients.claim();
  })());
});

scope.addEventListener('message', (event) => { if (event.data === 'take over') void scope.skipWaiting(); });

scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== scope.location.origin || !(url.pathname === '/app' || url.pathname.startsWith('/app/'))) return;
  if (event.request.mode === 'navigate') event.respondWith(page());
  else if (url.pathname.startsWith('/app/assets/')) event.respondWith(asset(event.request));
});

/** The page of this version, which names the files of this version. */
async function page(): Promise<Response> {
  return (await (await caches.open(cacheName)).match('/app')) ?? fetch('/app');
}

/** Files are named by their content: what is kept is right. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

scope.addEventListener('push', (event) => {
  let push: Push = {};
  try { push = (event.data?.json() ?? {}) as Push; } catch { /* a browser that tells us nothing shows nothing of ours */ }
  event.waitUntil(push.clear ? clear(push) : show(push));
});

async function show(push: Push): Promise<void> {
  await scope.registration.showNotification(push.title ?? 'Aftercare', {
    body: push.body ?? '', tag: push.tag ?? push.reminder_id, data: push, icon: '/app/icon-192.png', badge: '/app/icon-192.png',
    actions: await labelled(push.actions ?? []),
  } as NotificationOptions);
  await badge();
  await receipt(push, 'delivered');
}

/** The badge without the app: as many as are on the screen. The app says it better once it runs. */
async function badge(): Promise<void> {
  await navigator.setAppBadge?.((await scope.registration.getNotifications()).length).catch(() => undefined);
}

/**
 * Another phone answered: what is on the screen of this one goes. Services that
 * insist on a notification for every push get no such message; there the app
 * clears when it reads what changed.
 */
async function clear(push: Push): Promise<void> {
  for (const n of await scope.registration.getNotifications(push.tag ? { tag: push.tag } : {})) if (n.tag === push.tag) n.close();
  await badge();
  await tellApp({ sync: true });
}

/** Tells every window of the app. */
async function tellApp(message: object): Promise<void> {
  for (const w of await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })) w.postMessage(message);
}

/** The words of the buttons, as the catalogue kept by the app has them. */
async function labelled(actions: string[]): Promise<{ action: string; title: string }[]> {
  const words = await kept('action-words') as Record<string, string> | undefined;
  return actions.flatMap((action) => (words?.[action] ? [{ action, title: words[action] }] : []));
}

function kept(key: string): Promise<unknown> {
  return new Promise((done) => {
    const open = indexedDB.open('aftercare');
    open.onerror = () => done(undefined);
    open.onupgradeneeded = () => open.transaction?.abort(); // the app makes it, not the worker
    open.onsuccess = () => {
      const db = open.result;
      const ask = db.transaction('kv').objectStore('kv').get(key);
      ask.onsuccess = () => { db.close(); done(ask.result); };
      ask.onerror = () => { db.close(); done(undefined); };
    };
  });
}

const calls: Record<string, string> = { calm: 'calm', acknowledge: 'acknowledge', still_there: 'acknowledge', snooze: 'snooze' };
const snoozeFor = 3_600_000;

/** Where a tap leads: to the questions where the reminder is one, else to the page that the push names. */
const places: Record<string, string> = { check_in: '/app/check-in', recheck: '/app/check-in', risk_review: '/app/health', progress: '/app/photos', summary: '/app' };

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const push = (event.notification.data ?? {}) as Push;
  event.waitUntil(badge());
  event.waitUntil(calls[event.action] ? answer(event.action, push) : open(push));
});

/** Answers with the token that the push carried; if that fails, the app opens at the question. */
async function answer(action: string, push: Push): Promise<void> {
  const now = new Date();
  const body = action === 'snooze' ? { until: new Date(now.getTime() + snoozeFor).toISOString() } : { at: now.toISOString() };
  const answered = await send(`/v1/reminders/${push.reminder_id}/${calls[action]}`, push.action_token, 'POST', body);
  if (!answered?.ok) await open(push);
  else await tellApp({ sync: true });
}

async function open(push: Push): Promise<void> {
  const named = push.url?.startsWith('/app') ? push.url : '/app';
  const url = places[push.kind ?? ''] ?? named;
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find((w) => new URL(w.url).pathname.startsWith('/app'));
  if (!there) await scope.clients.openWindow(url);
  else { there.postMessage({ open: url }); await there.focus().catch(() => undefined); } // a browser may refuse to bring it up front
  await receipt(push, 'opened');
}

/** A call of the API as the worker does it; undefined without a network. */
async function send(path: string, token: string | undefined, method: 'POST' | 'PUT', body: object): Promise<Response | undefined> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Client-Time': new Date().toISOString() };
  return fetch(path, { method, headers, body: JSON.stringify(body) }).catch(() => undefined);
}

/** A receipt is worth no second try. */
async function receipt(push: Push, event: 'delivered' | 'opened'): Promise<void> {
  if (!push.reminder_id || !push.action_token) return;
  await send('/v1/receipts', push.action_token, 'POST', { receipts: [{ reminder_id: push.reminder_id, event, at: new Date().toISOString() }] });
}

/** The browser changed the address: tell the server, with the session that the app keeps. */
scope.addEventListener('pushsubscriptionchange', (event) => {
  const change = event as ExtendableEvent & { oldSubscription?: PushSubscription; newSubscription?: PushSubscription };
  change.waitUntil((async () => {
    const session = (await kept('session')) as { token: string } | undefined;
    const options = change.oldSubscription?.options;
    const next = change.newSubscription ?? (options && (await scope.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: options.applicationServerKey })));
    if (!session || !next) return;
    await send('/v1/devices/current/push', session.token, 'PUT', { transport: 'webpush', ...next.toJSON() });
  })());
});
