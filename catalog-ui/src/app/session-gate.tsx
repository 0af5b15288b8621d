import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { sessionQuery } from '@/api/session';
import { SessionContext } from '@/app/session';
import { Loading } from '@/ui/states/loading';
import { ProblemView } from '@/ui/states/problem-view';

const SignIn = lazy(() => import('@/app/sign-in').then((m) => ({ default: m.SignIn })));

/** Whether an identity provider sent back somebody who was not signed in. Read at once, since the router tidies the address. */
const hasFailed = new URLSearchParams(window.location.search).has('sign_in');

/** Shows the catalog to whoever is signed in and the sign-in page to everybody else, at whatever path. */
export function SessionGate({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  const client = useQueryClient();
  const person = session.data?.me?.principal ?? null;

  // What one person may see must not outlive their session in the cache.
  useEffect(() => {
    return () => {
      if (person) client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    };
  }, [person, client]);

  if (session.data === undefined) {
    return (
      <main className="mx-auto max-w-xl px-4 pt-24">
        {session.isError ? (
          <ProblemView error={session.error} onRetry={() => void session.refetch()} />
        ) : (
          <Loading what="the catalog" />
        )}
      </main>
    );
  }
  if (!session.data.signedIn || !session.data.me) {
    return (
      <Suspense>
        <SignIn session={session.data} hasFailed={hasFailed} />
      </Suspense>
    );
  }
  return (
    <SessionContext value={session.data} key={person}>
      {children}
    </SessionContext>
  );
}
