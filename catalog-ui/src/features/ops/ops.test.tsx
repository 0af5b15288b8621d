import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { diagnosticsOf, mostDenied, slowest } from '@/features/ops/figures';
import { Ops } from '@/features/ops/ops';
import type { Ops as Faring } from '@/features/ops/queries';
import { renderInCatalog } from '@/test/render';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const query = (id: string, durationMs: number, principal = 'user:ana') => ({
  id,
  principal,
  at: '2026-11-26T09:00:00Z',
  status: 'ok',
  durationMs,
  rows: 3,
  ports: ['a.b.c'],
  door: 'http',
});

const refusal = (principal: string, object: string, at: string) => ({
  query: `q-${at}`,
  principal,
  object,
  at,
  action: 'read',
  because: [],
});

const ops: Faring = {
  version: '0.1.0',
  startedAt: '2026-11-26T08:00:00Z',
  revision: 'f'.repeat(40),
  lights: [
    { name: 'policies', state: 'bad', detail: 'no policies are in force: everything is denied' },
  ],
  queries: [query('q1', 20), query('q2', 4000, 'user:dana')],
  denied: [
    refusal('user:nobody', 'a.b.c', '1'),
    refusal('user:ana', 'x.y.z', '2'),
    refusal('user:nobody', 'a.b.c', '3'),
  ],
};

test('refusals of one thing to one principal are one line, the most frequent first', () => {
  const [first, second] = mostDenied(ops.denied);
  expect(first).toMatchObject({ principal: 'user:nobody', times: 2, query: 'q-3' });
  expect(second).toMatchObject({ principal: 'user:ana', times: 1 });
});

test('diagnostics name nobody and hold no rule', () => {
  const text = diagnosticsOf(ops, 'a browser');
  expect(text).not.toMatch(/ana|dana|nobody/);
  expect(JSON.parse(text)).toMatchObject({
    refusals: 3,
    queries: { count: 2, slowestMs: 4000, outcomes: { ok: 2 } },
  });
});

test('the slowest queries come first when that is asked', async () => {
  expect(slowest(ops.queries).map(({ id }) => id)).toEqual(['q2', 'q1']);
  server.use(http.get('*/api/v1/ops', () => HttpResponse.json(ops)));
  await renderInCatalog(<Ops />);
  expect(await screen.findByText(/everything is denied/)).toBeVisible();
  expect(screen.getByText('not working')).toBeVisible();
  await userEvent.click(screen.getByText('Slowest'));
  const rows = screen
    .getByRole('table', { name: 'The newest queries' })
    .querySelectorAll('tbody th');
  expect([...rows].map((row) => row.firstChild?.textContent)).toEqual(['dana', 'ana']);
});

test('who does not run the platform is told whose page it is', async () => {
  server.use(
    http.get('*/api/v1/ops', () =>
      HttpResponse.json(
        { title: 'access denied', status: 403, code: 'W0301' },
        { status: 403, headers: { 'content-type': 'application/problem+json' } },
      ),
    ),
  );
  await renderInCatalog(<Ops />);
  expect(await screen.findByText('This page is for who runs the platform')).toBeVisible();
});
