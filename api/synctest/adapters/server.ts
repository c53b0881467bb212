// What all adapters share: how they reach the server, and the numbers of pushes.

export interface Server {
  url: string;
  headers(): Record<string, string>; // Authorization
  fetch?: typeof fetch;
  now?(): Date; // the phone's clock, right or wrong
}

/** What a person writes. Reminders, episodes and warnings follow from it. */
export const written = ['rollers', 'sessions', 'reports', 'clinician_events', 'progress'];

/** A jump of the cursor by which phones notice that a backup was restored. */
export const restoreJump = 2 ** 31;

export function get(server: Server, path: string): Promise<Response> {
  return (server.fetch ?? fetch)(server.url + path, { headers: server.headers() });
}

let latest = 0; // the number of the latest push

/** Each push has a higher number than those before: what a proxy delivers after a later one is not taken. */
export async function post(server: Server, path: string, body: unknown): Promise<Response> {
  const now = server.now?.() ?? new Date();
  latest = Math.max(latest + 1, now.getTime());
  const res = await (server.fetch ?? fetch)(server.url + path, {
    method: 'POST',
    headers: { ...server.headers(), 'Content-Type': 'application/json', 'Client-Time': now.toISOString(), 'Push-Number': String(latest) },
    body: JSON.stringify(body),
  });
  if (res.status === 409) { // perhaps the clock was set back: the next one goes on from there
    const { current }: { current?: number } = await res.json();
    latest = Math.max(latest, current ?? 0);
  }
  return res;
}
