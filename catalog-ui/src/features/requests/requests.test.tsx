import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AccessRequest } from '@/api/requests';
import { decisionOf } from '@/features/requests/decision-dialog';
import { chosenTab, Requests } from '@/features/requests/requests';
import { sorted } from '@/features/requests/states';
import { renderInCatalog } from '@/test/render';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function request(more: Partial<AccessRequest> = {}): AccessRequest {
  return {
    id: 'REQ-1',
    asker: 'user:dana',
    at: '2026-11-26T09:00:00Z',
    state: 'requested',
    port: 'loyalty.members.profiles',
    columns: ['email', 'birth_date'],
    purpose: 'member_service',
    until: '2027-02-24T23:59:59Z',
    note: 'To answer letters.',
    role: 'member_service',
    breakGlass: false,
    extends: null,
    waitsFor: ['loyalty-owners'],
    decisions: [],
    grant: null,
    can: [],
    ...more,
  };
}

const granted = request({
  asker: 'user:ana',
  state: 'approved',
  columns: ['email'],
  waitsFor: null,
  decisions: [
    { by: 'user:lena', at: '2026-11-26T09:05:00Z', what: 'approved', note: 'fine to Q1' },
  ],
  grant: {
    columns: ['email'],
    since: '2026-11-26T09:05:00Z',
    until: '2027-02-24T23:59:59Z',
  },
  can: ['withdraw', 'extend'],
});

function answer(...requests: AccessRequest[]) {
  server.use(
    http.get('*/api/v1/access/requests', () => HttpResponse.json({ items: requests, next: null })),
  );
}

const explained = (sees: string) =>
  http.post('*/api/v1/access/explain', () =>
    HttpResponse.json({
      items: [
        {
          principal: 'user:dana',
          port: 'loyalty.members.profiles',
          at: '2026-11-26T09:00:00Z',
          policyRevision: 'f'.repeat(40),
          grantsEpoch: 0,
          sees,
          hidesRows: false,
          sentence: `dana sees email ${sees}.`,
          evidence: [],
          near: [],
          recorded: false,
        },
      ],
    }),
  );

const nobodyElse = http.post('*/api/v1/access/roster', () =>
  HttpResponse.json({
    port: 'loyalty.members.profiles',
    at: '2026-11-26T09:00:00Z',
    policyRevision: 'f'.repeat(40),
    groups: [],
  }),
);

describe('which requests stand where', () => {
  const own = request({ id: 'REQ-2', asker: 'user:ana' });
  const toDecide = request({ id: 'REQ-3', can: ['approve', 'decline'] });
  const waiting = request({ id: 'REQ-4' });
  const done = request({ id: 'REQ-5', state: 'declined' });
  const by = sorted([own, toDecide, waiting, done], 'user:ana');

  test('what one may decide, what one asked for, and the rest by whether it still waits', () => {
    expect(by.decide).toEqual([toDecide]);
    expect(by.mine).toEqual([own]);
    expect(by.waiting).toEqual([waiting]);
    expect(by.decided).toEqual([done]);
  });

  test('the request that the address names is brought into sight whatever tab it says', () => {
    expect(chosenTab(by, 'decide', 'REQ-2')).toBe('mine');
    expect(chosenTab(by, undefined, 'REQ-5')).toBe('decided');
  });

  test('without a wish the tab with something to do is shown', () => {
    expect(chosenTab(by, undefined, undefined)).toBe('decide');
    expect(chosenTab(sorted([done], 'user:ana'), undefined, undefined)).toBe('decided');
    expect(chosenTab(sorted([], 'user:ana'), undefined, undefined)).toBe('mine');
  });
});

describe('what is sent with a decision', () => {
  const asked = request();

  test('an approval names columns and an end only where they are less than was asked for', () => {
    const all = { note: ' ok ', columns: asked.columns, until: '2027-02-24' };
    expect(decisionOf(asked, 'approve', all)).toEqual({ note: 'ok' });
    expect(
      decisionOf(asked, 'approve', { note: '', columns: ['email'], until: '2027-01-01' }),
    ).toEqual({ note: '', columns: ['email'], until: '2027-01-01T23:59:59Z' });
  });

  test('an extension names its end', () => {
    expect(decisionOf(asked, 'extend', { note: '', columns: [], until: '2027-05-01' }).until).toBe(
      '2027-05-01T23:59:59Z',
    );
  });
});

describe('the page', () => {
  test('without any request says what would come here and where to begin', async () => {
    answer();
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    expect(await screen.findByText('You have asked for nothing yet')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Find a port' })).toHaveAttribute('href', '/search');
  });

  test('that cannot load says what failed', async () => {
    server.use(
      http.get('*/api/v1/access/requests', () =>
        HttpResponse.json(
          { title: 'trouble', status: 500, detail: 'the store is away', code: 'W0901' },
          { status: 500, headers: { 'content-type': 'application/problem+json' } },
        ),
      ),
    );
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    expect(await screen.findByText('the store is away')).toBeVisible();
  });

  test('offers what may be done and nothing else, and says what policy says', async () => {
    answer(request({ can: ['approve', 'decline'] }));
    server.use(explained('masked'), nobodyElse);
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    expect(await screen.findByText(/dana sees email masked/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Approve as asked' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Revoke…' })).toBeNull();
    expect(screen.getByText('Waits for loyalty-owners')).toBeVisible();
  });

  test('does not send a refusal without a note', async () => {
    answer(request({ can: ['approve', 'decline'] }));
    const sent: unknown[] = [];
    server.use(
      explained('masked'),
      nobodyElse,
      http.post('*/api/v1/access/requests/REQ-1/decline', async ({ request: call }) => {
        sent.push(await call.json());
        return HttpResponse.json(request({ state: 'declined' }));
      }),
    );
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    await userEvent.click(await screen.findByRole('button', { name: 'Decline…' }));
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Decline' }));
    expect(await within(dialog).findByText('Say why, in a sentence')).toBeVisible();
    expect(sent).toEqual([]);
    await userEvent.type(within(dialog).getByRole('textbox'), 'Use tiers.');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Decline' }));
    await waitFor(() => expect(sent).toEqual([{ note: 'Use tiers.' }]));
  });

  test('tells a grant as enforced only after the engine has shown it', async () => {
    answer(granted);
    const asked: string[] = [];
    server.use(
      explained('clear'),
      http.post('*/api/v1/sql', async ({ request: call }) => {
        asked.push(((await call.json()) as { sql: string }).sql);
        return HttpResponse.json({ id: 'q1', columns: [], rows: [], terms: [], truncated: false });
      }),
    );
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    expect(await screen.findByText(/^Enforced/)).toBeVisible();
    expect(asked).toEqual(['SELECT "email" FROM loyalty.members.profiles LIMIT 0']);
    expect(screen.getByText(/by lena “fine to Q1”/)).toBeVisible();
  });

  test('does not call enforced what the engine still masks', async () => {
    answer(granted);
    server.use(
      explained('masked'),
      http.post('*/api/v1/sql', () =>
        HttpResponse.json({ id: 'q1', columns: [], rows: [], terms: [], truncated: false }),
      ),
    );
    await renderInCatalog(<Requests tab={undefined} id={undefined} />);
    expect(await screen.findByText(/the engine does not show it yet/)).toBeVisible();
    expect(screen.queryByText(/^Enforced/)).toBeNull();
  });
});
