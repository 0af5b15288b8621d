import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import type { Session } from '@/api/session';
import { SessionContext } from '@/app/session';
import { LiveRegions } from '@/ui/live-regions';

export const session: Session = {
  signedIn: true,
  me: { principal: 'ana', kind: 'user', groups: ['analysts'], flight: 'grpc://127.0.0.1:8815' },
  csrf: 'csrf',
  pages: [],
  toDecide: 1,
  signIn: { demo: [], oidc: null },
  mesh: 'demo',
  environment: 'demo',
  version: '0.1.0',
};

/** Renders something as it stands in the catalog: with a router, a cache and a signed-in person. */
export async function renderInCatalog(node: ReactNode, as: Partial<Session> = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute({ component: () => node });
  const anywhere = createRoute({ getParentRoute: () => root, path: '$' });
  const router = createRouter({
    routeTree: root.addChildren([anywhere]),
    history: createMemoryHistory(),
  });
  await router.load();
  const view = render(
    <QueryClientProvider client={client}>
      <LiveRegions />
      <SessionContext value={{ ...session, ...as }}>
        <RouterProvider router={router as never} />
      </SessionContext>
    </QueryClientProvider>,
  );
  return { client, router, ...view };
}
