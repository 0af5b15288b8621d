import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Explorer, type View } from '@/features/lineage/explorer';
import { Picker } from '@/features/lineage/picker';
import { renderInCatalog } from '@/test/render';

/** Waits for a problem with this code. */
async function problem(code: string) {
  expect(await screen.findByText(`Code ${code}`)).toBeVisible();
}

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const view: View = {
  focus: 'a.b.c',
  up: 1,
  down: 1,
  level: 'port',
  look: 'list',
  column: null,
  broken: false,
};
const node = (id: string, hops: number) => {
  const product = id.split('.').slice(0, 2).join('.');
  return { id, level: 'port', product, port: id, column: null, hops };
};
const lineage = {
  focus: 'a.b.c',
  level: 'port',
  complete: true,
  nodes: [node('x.y.z', -1), node('a.b.c', 0), node('d.e.f', 1)],
  edges: [
    { from: 'x.y.z', to: 'a.b.c', how: [], release: 1 },
    { from: 'a.b.c', to: 'd.e.f', how: [], release: 2 },
  ],
};

function answers(body: object, status = 200) {
  server.use(
    http.get('*/api/v1/lineage', () => HttpResponse.json(body, { status })),
    http.get('*/api/v1/products', () => HttpResponse.json({ items: [], next: null })),
    http.get('*/api/v1/ports/*', () => HttpResponse.json({ columns: [], kind: 'full', rows: 1 })),
  );
}

describe('the lineage explorer', () => {
  test('as a list is a tree grid that arrows walk and Enter starts anew from', async () => {
    answers(lineage);
    const onView = vi.fn();
    await renderInCatalog(<Explorer view={view} onView={onView} />);
    const grid = await screen.findByRole('treegrid', { name: 'Lineage as a list' });
    const rows = within(grid).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.getAttribute('aria-level'))).toEqual(['1', '2', '2']);
    rows[0]?.focus();
    const user = userEvent.setup();
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toHaveTextContent('d.e.f');
    await user.keyboard('{Enter}');
    expect(onView).toHaveBeenCalledWith({ focus: 'd.e.f', column: null });
  });

  test('folds a branch away and says so', async () => {
    answers(lineage);
    await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    const grid = await screen.findByRole('treegrid');
    within(grid).getAllByRole('row')[1]?.focus();
    await userEvent.setup().keyboard('{ArrowLeft}');
    expect(within(grid).getAllByRole('row')).toHaveLength(2);
    expect(within(grid).getAllByRole('row')[1]).toHaveAttribute('aria-expanded', 'false');
  });

  test('the pane tells what would break', async () => {
    answers(lineage);
    await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    const pane = await screen.findByRole('complementary', { name: 'About this node' });
    expect(
      within(pane).getByText(/Without a\.b\.c 1 port and 1 product would break/),
    ).toBeVisible();
  });

  test('the key l flips between graph and list, unless somebody writes', async () => {
    answers(lineage);
    const onView = vi.fn();
    const { handleKey } = await import('@/ui/keyboard/shortcuts');
    document.addEventListener('keydown', handleKey as never);
    await renderInCatalog(<Explorer view={view} onView={onView} />);
    await screen.findByRole('treegrid');
    const user = userEvent.setup();
    await user.keyboard('l');
    expect(onView).toHaveBeenCalledWith({ look: 'graph' });
    onView.mockClear();
    await user.type(screen.getByRole('searchbox', { name: 'Find a node' }), 'l');
    expect(onView).not.toHaveBeenCalled();
    document.removeEventListener('keydown', handleKey as never);
  });

  test('says that there is more, and how to see it', async () => {
    answers({ ...lineage, complete: false });
    await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    expect(await screen.findByText(/There is more than what is shown/)).toBeVisible();
  });

  test('a node that nothing goes into and nothing is made from says so', async () => {
    answers({ ...lineage, nodes: [node('a.b.c', 0)], edges: [] });
    await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    expect(await screen.findByText(/Nothing goes into it/)).toBeVisible();
  });

  test('shows data that could not be refreshed, and says so', async () => {
    answers(lineage);
    const { client } = await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    await screen.findByRole('treegrid');
    server.use(http.get('*/api/v1/lineage', () => HttpResponse.error()));
    await client.refetchQueries({ queryKey: ['lineage'] });
    expect(await screen.findByText(/Showing what was there at/)).toBeVisible();
    expect(screen.getByRole('treegrid')).toBeVisible();
  });

  test('what may not be known of is not found', async () => {
    answers({ title: 'not found', status: 404, detail: 'no port `a.b.c`', code: 'W0905' }, 404);
    await renderInCatalog(<Explorer view={view} onView={() => {}} />);
    await problem('W0905');
  });
});

describe('the start of the explorer', () => {
  test('lists ports to start from', async () => {
    const port = { name: 'a.b.c', description: 'Cells', kind: 'full', readable: true, rows: 1 };
    server.use(
      http.get('*/api/v1/products', () =>
        HttpResponse.json({ items: [{ name: 'a.b', ports: [port] }], next: null }),
      ),
    );
    await renderInCatalog(<Picker />);
    const link = await screen.findByRole('link', { name: 'c' });
    expect(link).toHaveAttribute('href', '/lineage?focus=a.b.c');
    await userEvent.setup().type(screen.getByRole('searchbox'), 'nothing');
    expect(await screen.findByText('No port is called “nothing”')).toBeVisible();
  });

  test('of an empty mesh says why there is nothing', async () => {
    server.use(http.get('*/api/v1/products', () => HttpResponse.json({ items: [], next: null })));
    await renderInCatalog(<Picker />);
    expect(await screen.findByText(/Nothing is published that you may know of/)).toBeVisible();
  });
});
