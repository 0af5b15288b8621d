import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { asProblem } from '@/api/problem';
import { sessionQuery } from '@/api/session';

/** One cache for the whole page. A call that answers 401 makes the shell ask who is signed in. */
export function createQueryClient(): QueryClient {
  const askAgain = (error: unknown) => {
    if (asProblem(error).problem.status === 401) {
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    }
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: askAgain }),
    mutationCache: new MutationCache({ onError: askAgain }),
    defaultOptions: {
      queries: {
        // The server may be on this very machine: being offline says nothing about reaching it.
        networkMode: 'always',
        staleTime: 10_000,
        retry: (count, error) => count < 1 && asProblem(error).worthRetrying,
        retryDelay: 400,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
  return client;
}
