import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { sessionQuery } from '@/api/session';
import { parseSearch, stringifySearch, texts } from '@/app/search-params';
import { SessionGate } from '@/app/session-gate';
import { Shell } from '@/app/shell/shell';
import { domainQuery } from '@/features/domain/queries';
import { homeQuery } from '@/features/home/queries';
import { productQuery } from '@/features/product/queries';
import { searchQuery } from '@/features/search/queries';
import { Page } from '@/ui/page';
import { Loading } from '@/ui/states/loading';
import { NotFound } from '@/ui/states/not-found';
import { ProblemView } from '@/ui/states/problem-view';

interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: () => (
    <SessionGate>
      <Shell />
    </SessionGate>
  ),
  notFoundComponent: NotFound,
});

const at = () => root;

/**
 * Asks for what a page shows while its code is still on the way, as soon as it is known that somebody is signed in.
 * Pages wait for the answer themselves, and tell what fails.
 */
function begin({ queryClient }: RouterContext, ask: (client: QueryClient) => Promise<void>): void {
  queryClient.ensureQueryData(sessionQuery).then(
    (session) => (session.signedIn ? ask(queryClient) : undefined),
    () => undefined,
  );
}

// Every page is a file of its own that loads when somebody goes there.
const routes = [
  createRoute({
    getParentRoute: at,
    path: '/',
    loader: ({ context }) => begin(context, (client) => client.prefetchQuery(homeQuery)),
    component: lazyRouteComponent(() => import('@/app/routes/home-page'), 'HomePage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/search',
    validateSearch: texts('q', 'kind', 'domain', 'can_query'),
    loaderDeps: ({ search }) => search,
    loader: ({ context, deps }) =>
      begin(context, (client) => client.prefetchInfiniteQuery(searchQuery(deps))),
    component: lazyRouteComponent(() => import('@/app/routes/search-page'), 'SearchPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/domains/$domain',
    loader: ({ context, params }) =>
      begin(context, (client) => client.prefetchQuery(domainQuery(params.domain))),
    component: lazyRouteComponent(() => import('@/app/routes/domain-page'), 'DomainPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/p/$domain/$product',
    loader: ({ context, params }) =>
      begin(context, (client) => client.prefetchQuery(productQuery(params.domain, params.product))),
    validateSearch: texts('tab', 'port', 'col', 'v'),
    component: lazyRouteComponent(() => import('@/app/routes/product-page'), 'ProductPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/sql',
    validateSearch: texts('id', 'q', 'port', 'as_of', 'purpose', 'tab'),
    component: lazyRouteComponent(() => import('@/app/routes/sql-page'), 'SqlPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/lineage',
    validateSearch: texts('focus', 'hops', 'up', 'down', 'dir', 'level', 'view', 'col', 'broken'),
    component: lazyRouteComponent(() => import('@/app/routes/lineage-page'), 'LineagePage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/requests',
    validateSearch: texts('tab', 'id', 'port', 'columns', 'purpose', 'new'),
    component: lazyRouteComponent(() => import('@/app/routes/requests-page'), 'RequestsPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/access/explain',
    validateSearch: texts('who', 'what', 'col', 'action', 'at', 'purpose', 'id'),
    component: lazyRouteComponent(() => import('@/app/routes/explain-page'), 'ExplainPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/access/roster',
    validateSearch: texts('what', 'col', 'at'),
    component: lazyRouteComponent(() => import('@/app/routes/roster-page'), 'RosterPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/policies',
    validateSearch: texts('q', 'tab', 'domain', 'effect'),
    component: lazyRouteComponent(() => import('@/app/routes/policies-page'), 'PoliciesPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/policies/simulate',
    validateSearch: texts('ref', 'file', 'rule'),
    component: lazyRouteComponent(() => import('@/app/routes/policies-page'), 'SimulatePage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/policies/$rule',
    component: lazyRouteComponent(() => import('@/app/routes/policies-page'), 'RulePage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/publish',
    validateSearch: texts('cursor', 'state'),
    component: lazyRouteComponent(() => import('@/app/routes/publish-page'), 'PublishPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/publish/$commit',
    component: lazyRouteComponent(() => import('@/app/routes/publish-page'), 'CommitPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/connect',
    validateSearch: texts('client', 'port'),
    component: lazyRouteComponent(() => import('@/app/routes/connect-page'), 'ConnectPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/ops',
    validateSearch: texts('tab'),
    component: lazyRouteComponent(() => import('@/app/routes/ops-page'), 'OpsPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/me',
    validateSearch: texts('tab'),
    component: lazyRouteComponent(() => import('@/app/routes/me-page'), 'MePage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/docs/$',
    component: lazyRouteComponent(() => import('@/app/routes/docs-page'), 'DocsPage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/api',
    component: lazyRouteComponent(() => import('@/app/routes/api-page'), 'ApiPage'),
  }),
] as const;

/** The router below whatever path the server put into `<base>`. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: root.addChildren(routes),
    basepath: new URL('.', document.baseURI).pathname,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    // How old an answer may be is the query cache's to say.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    defaultPendingComponent: () => (
      <div className="mx-auto w-full max-w-7xl px-4 pt-5 sm:px-6 lg:px-8">
        <Loading what="the page" />
      </div>
    ),
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: ({ error }) => (
      <Page title="Problem" width="reading">
        <ProblemView error={error} />
      </Page>
    ),
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
