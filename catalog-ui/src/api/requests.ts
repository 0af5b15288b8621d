import { queryOptions } from '@tanstack/react-query';
import { api, fetchRaw, read } from '@/api/client';
import type { components } from '@/api/schema';

export type AccessRequest = components['schemas']['Request'];
export type NewRequest = components['schemas']['NewRequest'];
export type RequestDecision = components['schemas']['RequestDecision'];
export type Verb = 'approve' | 'decline' | 'withdraw' | 'extend' | 'revoke';

/** The requests that concern the signed-in person, newest first. The shell counts them, the inbox shows them. */
export const requestsQuery = queryOptions({
  queryKey: ['requests'],
  staleTime: 30_000,
  queryFn: ({ signal }) =>
    read(api.GET('/api/v1/access/requests', { params: { query: { limit: 200 } }, signal })),
});

export function askForAccess(wanted: NewRequest): Promise<AccessRequest> {
  return read(api.POST('/api/v1/access/requests', { body: wanted }));
}

export function decide(id: string, verb: Verb, decision: RequestDecision): Promise<AccessRequest> {
  const path = { id, verb };
  return read(
    api.POST('/api/v1/access/requests/{id}/{verb}', { params: { path }, body: decision }),
  );
}

/** What was granted as a commit that `git am` takes. */
export async function exportedPatch(id: string): Promise<string> {
  const answer = await fetchRaw(`/api/v1/access/requests/${encodeURIComponent(id)}/export`);
  return answer.text();
}
