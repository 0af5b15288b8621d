import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { RequestForm } from '@/features/requests/request-form';
import { inDays } from '@/features/requests/states';
import { renderInCatalog } from '@/test/render';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const port = 'loyalty.members.profiles';
const column = (name: string, sees: string) => ({
  name,
  sees,
  description: '',
  type: 'string',
  required: true,
  unique: false,
  classification: null,
  tags: [],
  mask: sees === 'masked' ? 'partial_email' : null,
});

let sent: unknown[];

beforeEach(() => {
  localStorage.clear();
  sent = [];
  server.use(
    http.get('*/api/v1/products/loyalty/members', () =>
      HttpResponse.json({
        name: 'loyalty.members',
        purposes: ['member_service', 'programme_reporting'],
        ports: [{ name: port, columns: [column('member_id', 'clear'), column('email', 'masked')] }],
      }),
    ),
    http.get('*/api/v1/ports/loyalty/members/profiles/contract', () =>
      HttpResponse.json({
        port,
        roles: [
          { name: 'member_service', access: 'read', approvers: ['loyalty-owners'] },
          { name: 'owner', access: 'read', approvers: ['loyalty-owners', 'governance-office'] },
        ],
      }),
    ),
    http.post('*/api/v1/access/explain', () =>
      HttpResponse.json({
        items: [
          {
            port,
            sees: 'masked',
            sentence: 'You see email masked.',
            hidesRows: false,
            change: { kind: 'request', request: { port } },
            evidence: [],
            near: [],
          },
        ],
      }),
    ),
    http.post('*/api/v1/access/requests', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ id: 'REQ-9' }, { status: 201 });
    }),
  );
});

const form = (columns: string[], onSent = vi.fn()) => (
  <RequestForm port={port} columns={columns} onSent={onSent} onCancel={() => {}} />
);

test('what was chosen before is filled in, and it says who decides and what policy says', async () => {
  await renderInCatalog(form(['email']));
  expect(await screen.findByRole('checkbox', { name: /email/ })).toBeChecked();
  expect(screen.getByRole('checkbox', { name: /member_id/ })).not.toBeChecked();
  expect(await screen.findByText('You see email masked.')).toBeVisible();
  expect(screen.getByText('loyalty-owners')).toBeVisible();
});

test('it ends in ninety days, for a purpose that the product allows', async () => {
  const onSent = vi.fn();
  await renderInCatalog(form(['email'], onSent));
  await userEvent.type(await screen.findByRole('textbox', { name: /Note/ }), 'Letters.');
  await userEvent.click(screen.getByRole('button', { name: 'Send request' }));
  await waitFor(() => expect(onSent).toHaveBeenCalled());
  expect(sent).toEqual([
    {
      port,
      columns: ['email'],
      purpose: 'member_service',
      until: `${inDays(90)}T23:59:59Z`,
      note: 'Letters.',
      role: 'member_service',
      breakGlass: false,
    },
  ]);
});

test('nothing is sent while no column is chosen', async () => {
  await renderInCatalog(form(['email']));
  await userEvent.click(await screen.findByRole('checkbox', { name: /email/ }));
  await userEvent.click(screen.getByRole('button', { name: 'Send request' }));
  expect(await screen.findByText('Choose a column, or the whole port.')).toBeVisible();
  expect(sent).toEqual([]);
});

test('a note that was begun is still there when somebody comes back', async () => {
  const first = await renderInCatalog(form(['email']));
  await userEvent.type(await screen.findByRole('textbox', { name: /Note/ }), 'Half a');
  first.unmount();
  await renderInCatalog(form(['email']));
  expect(await screen.findByRole('textbox', { name: /Note/ })).toHaveValue('Half a');
});
