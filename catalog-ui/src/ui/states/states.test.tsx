import { QueryClient, QueryClientProvider, queryOptions } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem } from '@/api/problem';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { skeletonAfterMs, slowAfterMs } from '@/ui/states/loading';
import { useStale } from '@/ui/states/stale';

function show(node: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute({ component: () => node });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  const view = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return { client, ...view };
}

const query = (queryFn: (context: { signal: AbortSignal }) => Promise<string>) =>
  queryOptions({ queryKey: ['thing'], queryFn });

function Text({ children }: { children: string }) {
  return (
    <p>
      {children}
      {useStale() ? ' (changes are off)' : ''}
    </p>
  );
}

const view = (queryFn: (context: { signal: AbortSignal }) => Promise<string>) => (
  <Loaded query={query(queryFn)} what="the thing">
    {(text) => <Text>{text}</Text>}
  </Loaded>
);

const state = (name: string) => document.querySelector(`[data-state=${name}]`);

afterEach(() => {
  vi.useRealTimers();
});

describe('the states of everything that loads', () => {
  test('nothing is shown at first, a skeleton after 150 ms, what it waits for after 3 s', async () => {
    vi.useFakeTimers();
    show(view(() => new Promise(() => {})));
    await act(() => vi.advanceTimersByTimeAsync(skeletonAfterMs - 20));
    expect(state('loading')).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(60));
    expect(state('loading')).not.toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(slowAfterMs));
    expect(state('slow')).not.toBeNull();
    expect(screen.getByText(/Still waiting for the thing/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Cancel' })).toBeVisible();
  });

  test('cancelling ends the call and offers to load again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    let calls = 0;
    let aborted = false;
    show(
      view(({ signal }) => {
        calls += 1;
        if (calls > 1) return Promise.resolve('here it is');
        return new Promise((_, refuse) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            refuse(new DOMException('aborted', 'AbortError'));
          });
        });
      }),
    );
    await act(() => vi.advanceTimersByTimeAsync(slowAfterMs + 100));
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(aborted).toBe(true);
    await user.click(await screen.findByRole('button', { name: 'Load again' }));
    expect(await screen.findByText('here it is')).toBeVisible();
  });

  test('a problem says what failed, its code and its trace, and offers no retry that cannot help', async () => {
    show(
      view(() =>
        Promise.reject(
          new ApiProblem({
            title: 'access denied',
            status: 403,
            detail: 'no row lets you read it',
            code: 'W0301',
            trace_id: 'abc123',
            explain_id: 'x7',
          }),
        ),
      ),
    );
    expect(await screen.findByText('Access denied')).toBeVisible();
    expect(screen.getByText('no row lets you read it')).toBeVisible();
    expect(screen.getByRole('link', { name: /W0301/ })).toHaveAttribute(
      'href',
      '/docs/errors/W0301',
    );
    expect(screen.getByText('abc123')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Why?' })).toHaveAttribute(
      'href',
      '/access/explain?id=x7',
    );
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  });

  test('a server that cannot be reached is worth another try', async () => {
    let calls = 0;
    show(
      view(() => {
        calls += 1;
        return calls === 1
          ? Promise.reject(new TypeError('Failed to fetch'))
          : Promise.resolve('back again');
      }),
    );
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('back again')).toBeVisible();
  });

  test('data that cannot be refreshed stays, says its time, and switches changes off', async () => {
    let calls = 0;
    const { client } = show(
      view(() => {
        calls += 1;
        return calls === 1
          ? Promise.resolve('old but true')
          : Promise.reject(new TypeError('Failed to fetch'));
      }),
    );
    await screen.findByText('old but true');
    await act(() => client.refetchQueries());
    expect(await screen.findByText('old but true (changes are off)')).toBeVisible();
    expect(state('stale')).not.toBeNull();
  });

  test('an empty place says why and what to do', () => {
    render(
      <Empty
        why="no-match"
        title="Nothing matches"
        detail="Try fewer words"
        action={<a href="#x">Ask for it</a>}
      />,
    );
    expect(screen.getByText('Nothing matches')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Ask for it' })).toBeVisible();
  });
});
