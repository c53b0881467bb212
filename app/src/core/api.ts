// The one way to the server: the public API, with types from its document.
import type { Client } from 'openapi-fetch';
import type { paths } from '../api/schema';
import { signal } from './signal';
import { language } from './words';
import { lose, session } from './session';

/** False after a call that found no network; since when. */
export const offlineSince = signal<Date | undefined>(undefined);

/** A call that never reached the server. */
export class Unreachable extends Error {}

/** An answer of the server that is not a success. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, readonly detail: string, readonly errors: { location: string; message: string }[] = []) {
    super(`${status} ${code}`);
  }
}

/** fetch with the token, the language and the phone's clock. */
export async function call(input: Request | string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(input, init);
  const token = session.peek()?.token;
  if (token && !request.headers.has('Authorization')) request.headers.set('Authorization', `Bearer ${token}`);
  request.headers.set('Accept-Language', language.peek());
  if (request.method !== 'GET') request.headers.set('Client-Time', new Date().toISOString());
  let answer: Response;
  try {
    answer = await fetch(request);
  } catch {
    offlineSince.value ??= new Date();
    throw new Unreachable();
  }
  offlineSince.value = undefined;
  // A wrong recovery code is no wrong token.
  if (answer.status === 401 && token && request.headers.get('Authorization') === `Bearer ${token}` && !request.url.endsWith('/confirm')) await lose(token);
  return answer;
}

/** A call in plain form, for what the outbox holds. */
export async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ response: Response; body: unknown }> {
  if (body !== undefined) headers['Content-Type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await call(new URL(path, location.origin).href, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { response, body: text && response.headers.get('Content-Type')?.includes('json') ? JSON.parse(text) : undefined };
}

type Methods = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
interface Ask { params?: { path?: Record<string, string>; query?: Record<string, unknown> }; body?: unknown }

/** The part of openapi-fetch that the app uses, with its types: the rest of it is half the weight of a screen. */
const by = (method: Methods) => async (path: string, { params = {}, body }: Ask = {}) => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params.path![name]!));
  const query = params.query ? `?${new URLSearchParams(params.query as Record<string, string>)}` : '';
  const answer = await send(method, filled + query, body);
  return { response: answer.response, [answer.response.ok ? 'data' : 'error']: answer.body };
};

export const api = { GET: by('GET'), PUT: by('PUT'), POST: by('POST'), PATCH: by('PATCH'), DELETE: by('DELETE') } as unknown as Pick<Client<paths>, Methods>;

/** The data of an answer, or what went wrong as an error. */
export async function need<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  throw refusal(response.status, error);
}

export function refusal(status: number, problem: unknown): Refused {
  const p = (problem ?? {}) as { code?: string; detail?: string; errors?: { location: string; message: string }[] };
  return new Refused(status, p.code ?? '', p.detail ?? '', p.errors ?? []);
}
