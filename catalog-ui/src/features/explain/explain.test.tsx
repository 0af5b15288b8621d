import { screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '@/api/access';
import { Answer } from '@/features/explain/answer';
import { Explain, questionOf } from '@/features/explain/explain';
import { renderInCatalog } from '@/test/render';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const answer: Explanation = {
  principal: 'user:dana',
  port: 'loyalty.members.profiles',
  column: 'email',
  purpose: null,
  at: '2026-11-26T09:00:00Z',
  policyRevision: 'abcdef0123456789abcdef0123456789abcdef01',
  grantsEpoch: 3,
  sees: 'masked',
  hidesRows: true,
  percentOfRows: 61,
  sentence: 'dana sees email masked.',
  evidence: [
    { kind: 'identity', text: 'user:dana', decides: false },
    {
      kind: 'mask',
      text: 'mask e-mail',
      file: 'governance/restrictions.yaml',
      line: 13,
      revision: 'abcdef0123456789abcdef0123456789abcdef01',
      decides: true,
    },
  ],
  near: [
    {
      text: 'p, role:owner, unmask',
      file: 'products/loyalty/access.csv',
      line: 10,
      would: 'unmask',
      met: ['it covers email'],
      failed: ['dana is not role:owner'],
    },
  ],
  change: {
    kind: 'request',
    request: { port: 'loyalty.members.profiles', columns: ['email'], purpose: 'member_service' },
  },
  recorded: false,
};

describe('an answer', () => {
  test('comes first, and the line that decides is marked with its place', async () => {
    await renderInCatalog(<Answer answer={answer} isOwn />);
    expect(screen.getByRole('heading', { level: 2 })).toHaveTextContent('dana sees email masked.');
    const links = within(screen.getByRole('list', { name: /Evidence/ })).getAllByRole('listitem');
    expect(links[1]).toHaveTextContent('governance/restrictions.yaml:13 @ abcdef0');
    expect(links[1]).toHaveTextContent('decides');
    expect(links[0]).not.toHaveTextContent('decides');
    expect(screen.getByText('61 % of the rows')).toBeVisible();
  });

  test('tells what of a near miss was met and what was not', async () => {
    await renderInCatalog(<Answer answer={answer} isOwn />);
    expect(screen.getByText(/it covers email/)).toHaveTextContent('(met)');
    expect(screen.getByText(/dana is not role:owner/)).toHaveTextContent('(not met)');
  });

  test('leads to a request that is filled in, for oneself alone', async () => {
    const { unmount } = await renderInCatalog(<Answer answer={answer} isOwn />);
    expect(screen.getByRole('link', { name: 'Request' })).toHaveAttribute(
      'href',
      '/requests?new=loyalty.members.profiles&columns=email&purpose=member_service',
    );
    unmount();
    await renderInCatalog(<Answer answer={answer} isOwn={false} />);
    expect(screen.queryByRole('link', { name: 'Request' })).toBeNull();
  });

  test('about a past without near misses says that it was recorded', async () => {
    await renderInCatalog(
      <Answer answer={{ ...answer, recorded: true, near: [], change: null }} isOwn />,
    );
    expect(screen.getByText(/policies that are no longer in force/)).toBeVisible();
    expect(screen.queryByText('Almost')).toBeNull();
  });
});

test('a question that names oneself leads to a request as well', async () => {
  server.use(
    http.get('*/api/v1/products', () => HttpResponse.json({ items: [], next: null })),
    http.get('*/api/v1/products/loyalty/members', () =>
      HttpResponse.json({ name: 'loyalty.members', purposes: [], ports: [] }),
    ),
    http.post('*/api/v1/access/explain', () =>
      HttpResponse.json({ items: [{ ...answer, principal: 'user:ana' }] }),
    ),
  );
  await renderInCatalog(<Explain asked={{ who: 'ana', what: answer.port, col: 'email' }} />);
  expect(await screen.findByRole('link', { name: 'Request' })).toBeVisible();
});

test('a recorded decision that is gone, or of somebody else, says what failed', async () => {
  server.use(
    http.post('*/api/v1/access/explain', () =>
      HttpResponse.json(
        { title: 'not found', status: 404, detail: 'no explanation `x7`', code: 'W0905' },
        { status: 404, headers: { 'content-type': 'application/problem+json' } },
      ),
    ),
  );
  await renderInCatalog(<Explain asked={{}} explainId="x7" />);
  expect(await screen.findByText(/no explanation/)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Ask a question of your own' })).toBeVisible();
});

test('without a port nothing is asked', () => {
  expect(questionOf({ who: 'dana' })).toBeNull();
});

test('the time of the address is asked for as an instant', () => {
  const question = questionOf({ what: 'a.b.c', at: '2026-11-03T09:00' });
  expect(question?.at).toBe(new Date('2026-11-03T09:00').toISOString());
  expect(questionOf({ what: 'a.b.c', at: 'yesterday' })?.at).toBeNull();
});
