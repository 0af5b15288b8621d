import { screen, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { HomeView } from '@/features/home/home';
import type { HomeAnswer } from '@/features/home/queries';
import { renderInCatalog } from '@/test/render';

const nothing: HomeAnswer = {
  needs: [],
  products: [],
  recent: [],
  changed: [],
  domains: 3,
  productsCount: 7,
  ports: 9,
};

describe('the first page', () => {
  test('of a first day offers where to start, and not what the person cannot do', async () => {
    await renderInCatalog(<HomeView home={nothing} />);
    const starts = screen.getByRole('region', { name: 'Where to start' });
    expect(within(starts).getAllByRole('link')).toHaveLength(2);
    expect(screen.getByText('Nothing waits for you')).toBeVisible();
  });

  test('of somebody who may discover nothing says so', async () => {
    await renderInCatalog(
      <HomeView home={{ ...nothing, domains: 0, productsCount: 0, ports: 0 }} />,
    );
    expect(screen.getByText(/nothing here that you may discover/)).toBeVisible();
  });

  test('leads from each need to where it is dealt with', async () => {
    const at = '2026-11-26T09:00:00Z';
    await renderInCatalog(
      <HomeView
        home={{
          ...nothing,
          needs: [
            { kind: 'request', subject: 'REQ-1', text: 'dana asks for email', at },
            { kind: 'freshness', subject: 'a.b.c', text: 'a.b.c is late', at },
            { kind: 'run', subject: '4f2c1aa', text: 'a run failed', at },
          ],
        }}
      />,
    );
    const to = (name: string) => screen.getByRole('link', { name }).getAttribute('href');
    expect(to('Review')).toBe('/requests?id=REQ-1');
    expect(to('Open')).toBe('/p/a/b?tab=quality&port=c');
    expect(to('See the run')).toBe('/publish/4f2c1aa');
  });
});
