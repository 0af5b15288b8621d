import { useQuery } from '@tanstack/react-query';
import { requestsQuery } from '@/api/requests';

/** How many requests wait for this person's decision; 0 until it is known. */
export function useWaitingRequests(): number {
  const { data } = useQuery(requestsQuery);
  return data?.items.filter((request) => request.can.includes('approve')).length ?? 0;
}
