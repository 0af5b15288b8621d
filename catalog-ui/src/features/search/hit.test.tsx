import { render, screen } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import type { SearchHit } from '@/api/search';
import { excerpt, Hit, highlighted } from '@/features/search/hit';
import { renderInCatalog } from '@/test/render';

const hit: SearchHit = {
  kind: 'product',
  id: 'punctuality.delays',
  title: 'Delays',
  description: 'Average delay by day.',
  product: 'punctuality.delays',
  port: null,
  column: null,
  domain: 'punctuality',
  owner: 'punctuality-owners',
  canQuery: true,
  columnsReadable: 14,
  columnsTotal: 20,
  matched: [
    { field: 'name', of: null, text: 'delays', offsets: [[0, 5]] },
    { field: 'column', of: 'daily.dep_delay', text: 'dep_delay', offsets: [[4, 9]] },
  ],
  moreMatches: 3,
};

describe('a hit', () => {
  test('says what it is, why it was found and what of it can be queried', async () => {
    await renderInCatalog(<Hit hit={hit} />);
    expect(screen.getByRole('link', { name: /punctuality\.delays/ })).toHaveAttribute(
      'href',
      '/p/punctuality/delays',
    );
    expect(screen.getByText('14 of 20 columns')).toBeVisible();
    expect(screen.getByText('3 other matches')).toBeInTheDocument();
    expect([...document.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual([
      'delay',
      'delay',
    ]);
  });

  test('of a column leads to the column on the page of its product', async () => {
    await renderInCatalog(
      <Hit
        hit={{
          ...hit,
          kind: 'column',
          id: 'punctuality.delays.daily.dep_delay',
          port: 'punctuality.delays.daily',
          column: 'dep_delay',
        }}
      />,
    );
    expect(screen.getByRole('link', { name: /dep_delay/ })).toHaveAttribute(
      'href',
      '/p/punctuality/delays?tab=schema&port=daily&col=dep_delay',
    );
  });
});

describe('highlights', () => {
  test('stand where the offsets say', () => {
    render(
      <p>
        {highlighted('net refund amount', [
          [4, 10],
          [11, 17],
        ])}
      </p>,
    );
    expect([...document.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual([
      'refund',
      'amount',
    ]);
  });

  test('of a long text stay in place when it is cut', () => {
    const text = `${'x'.repeat(300)} refund ${'y'.repeat(300)}`;
    const { text: cut, offsets } = excerpt({ text, offsets: [[301, 307]] });
    const [from, to] = offsets[0] ?? [];
    expect(cut.slice(from, to)).toBe('refund');
    expect(cut.length).toBeLessThan(200);
  });
});
