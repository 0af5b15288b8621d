import { queryOptions } from '@tanstack/react-query';
import { api, read, setCsrf } from '@/api/client';
import type { components } from '@/api/schema';

export type Session = components['schemas']['Session'];

/** Who is signed in, or how one may sign in. Asked once; the shell asks again when a call answers 401. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => keep(await read(api.GET('/api/v1/session', { signal }))),
});

/** Signs in as a demo person or by a token; the answer is the new session. */
export async function signIn(by: { demo: string } | { token: string }): Promise<Session> {
  return keep(await read(api.POST('/api/v1/session', { body: by })));
}

export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session');
  setCsrf(null);
}

function keep(session: Session): Session {
  setCsrf(session.csrf ?? null);
  return session;
}
