import createClient, { type Middleware } from 'openapi-fetch';
import { asProblem, problemOf } from '@/api/problem';
import type { paths } from '@/api/schema';

/** Where the server lives: the `<base>` that it wrote into the page, without the last slash. */
export function serverBase(): string {
  return new URL('.', document.baseURI).href.replace(/\/$/, '');
}

let csrf: string | null = null;

/** The token that every changing call carries; it comes with the session. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

const conventions: Middleware = {
  onRequest({ request }) {
    if (csrf && !safe.has(request.method)) request.headers.set('x-weft-csrf', csrf);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok && response.status !== 304) throw await problemOf(response);
    return response;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return asProblem(error);
  },
};

/** The typed client. Calls throw `ApiProblem` when the server refuses. */
export const api = createClient<paths>({
  baseUrl: serverBase(),
  credentials: 'same-origin',
  headers: { accept: 'application/json' },
  // Taken at the time of the call, so that tests can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});
api.use(conventions);

/** The body of a call that answers one: `await read(api.GET('/api/v1/me', { signal }))`. */
export async function read<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await call;
  if (data === undefined) throw await problemOf(response);
  return data;
}

/** For answers that are not JSON (Arrow, event streams): the same conventions on a bare fetch. */
export async function fetchRaw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const method = (init.method ?? 'GET').toUpperCase();
  if (csrf && !safe.has(method)) headers.set('x-weft-csrf', csrf);
  let response: Response;
  try {
    response = await fetch(`${serverBase()}${path}`, {
      ...init,
      headers,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw asProblem(error);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}
