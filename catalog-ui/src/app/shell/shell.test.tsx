import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Session } from '@/api/session';
import { App } from '@/app/app';
import { session } from '@/test/render';

const me = session.me as NonNullable<Session['me']>;
const nobody: Session = { ...session, signedIn: false, me: null, csrf: null };
const demo = [
  { name: 'ana', description: 'Analyst.' },
  { name: 'omar', description: 'Owner of aviation.' },
];

let current: Session = session;
const server = setupServer(
  http.get('*/api/v1/session', () => HttpResponse.json(current)),
  http.post('*/api/v1/session', async ({ request }) => {
    const asked = (await request.json()) as { demo?: string };
    current = { ...session, me: { ...me, principal: asked.demo ?? '' } };
    return HttpResponse.json(current);
  }),
  http.delete('*/api/v1/session', () => {
    current = nobody;
    return HttpResponse.json(current);
  }),
  http.get('*/api/v1/home', () =>
    HttpResponse.json({
      needs: [],
      products: [],
      recent: ['a.b.c'],
      changed: [],
      domains: 1,
      productsCount: 2,
      ports: 3,
    }),
  ),
  http.get('*/api/v1/access/requests', () =>
    HttpResponse.json({
      items: [{ can: ['approve', 'decline'] }, { can: ['withdraw'] }],
      next: null,
    }),
  ),
  http.get('*/api/v1/search', () => HttpResponse.json({ items: [], total: 0, next: null })),
);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  current = session;
  localStorage.clear();
  window.history.replaceState(null, '', '/');
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const main = () => screen.getByRole('main');

describe('the shell', () => {
  test('greets who is signed in, and counts what waits for their decision', async () => {
    render(<App />);
    expect(await screen.findByRole('heading', { name: 'Hello, ana' })).toBeVisible();
    expect((await screen.findAllByText('1 request to decide')).length).toBeGreaterThan(0);
  });

  test('the palette leads to a page by its name and closes', async () => {
    const user = userEvent.setup();
    render(<App />);
    await screen.findByRole('heading', { name: 'Hello, ana' });
    await user.keyboard('{Control>}k{/Control}');
    const box = await screen.findByRole('combobox', { name: 'Command palette' });
    await user.type(box, 'high contrast{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(document.documentElement.dataset.contrast).toBe('more');
  });

  test('the sheet of shortcuts lists them and switches single keys off', async () => {
    const user = userEvent.setup();
    render(<App />);
    await screen.findByRole('heading', { name: 'Hello, ana' });
    await user.keyboard('?');
    const sheet = await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
    expect(within(sheet).getByText('Go to Requests')).toBeVisible();
    const single = within(sheet).getByRole('switch', { name: 'Single-key shortcuts' });
    await user.click(single);
    await user.keyboard('{Escape}');
    await user.keyboard('?');
    expect(screen.queryByRole('dialog')).toBeNull();
    await user.keyboard('{Control>}k{/Control}');
    await user.keyboard('{Escape}');
    localStorage.clear();
  });

  test('the skip link moves the focus to the page itself', async () => {
    const user = userEvent.setup();
    render(<App />);
    await screen.findByRole('heading', { name: 'Hello, ana' });
    await user.click(screen.getByRole('button', { name: 'Skip to content' }));
    expect(main()).toHaveFocus();
  });

  test('a path that leads nowhere says so, and is no dead end', async () => {
    window.history.replaceState(null, '', '/no/such/page/at/all');
    render(<App />);
    expect(await screen.findByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Go to Home' })).toBeVisible();
  });
});

describe('signing in', () => {
  test('as a demo person opens the catalog of that person', async () => {
    current = { ...nobody, signIn: { demo, oidc: null } };
    const user = userEvent.setup();
    render(<App />);
    await user.click(await screen.findByRole('button', { name: /omar/ }));
    expect(await screen.findByRole('heading', { name: 'Hello, omar' })).toBeVisible();
  });

  test('signing out leads back to the choice and forgets what was seen', async () => {
    const user = userEvent.setup();
    render(<App />);
    await screen.findByRole('heading', { name: 'Hello, ana' });
    await user.click(screen.getByRole('button', { name: 'ana: menu of this person' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    expect(await screen.findByRole('heading', { name: 'Sign in to the mesh' })).toBeVisible();
    expect(screen.queryByText('Hello, ana')).toBeNull();
  });

  test('a token that is refused says why and leaves the form', async () => {
    current = nobody;
    server.use(
      http.post('*/api/v1/session', () =>
        HttpResponse.json(
          { title: 'not signed in', status: 401, detail: 'the token has ended', code: 'W0801' },
          { status: 401, headers: { 'content-type': 'application/problem+json' } },
        ),
      ),
    );
    const user = userEvent.setup();
    render(<App />);
    await user.type(await screen.findByLabelText(/Signed token/), 'nonsense');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText('the token has ended')).toBeVisible();
    expect(screen.getByLabelText(/Signed token/)).toHaveValue('nonsense');
  });
});
