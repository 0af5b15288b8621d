import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { DomainView } from '@/features/domain/domain';
import type { ProductOfDomain } from '@/features/domain/queries';
import { renderInCatalog } from '@/test/render';

function product(name: string, more: Partial<ProductOfDomain> = {}): ProductOfDomain {
  return {
    product: {
      name,
      purpose: 'What it is.',
      tags: [],
      owner: 'aviation-owners',
      release: 1,
      at: '2026-11-26T09:00:00Z',
      ports: [],
    },
    quality: { passed: 3, failed: 0, unknown: 0 },
    late: false,
    consumers: 0,
    queries: [],
    ...more,
  };
}

const domain = { name: 'aviation', description: 'Flights.', owner: 'aviation-owners' };

test('a domain says how its products fare, and which', async () => {
  const products = [
    product('aviation.flights', { late: true }),
    product('aviation.schedule', { quality: { passed: 1, failed: 2, unknown: 0 } }),
  ];
  await renderInCatalog(<DomainView domain={{ ...domain, products }} />);
  expect(screen.getByText('1 product late')).toBeVisible();
  expect(screen.getByText('1 product with failed checks')).toBeVisible();
  expect(screen.getByText('2 of 3 failed')).toBeVisible();
});

test('a domain of which nothing may be discovered says so', async () => {
  await renderInCatalog(<DomainView domain={{ ...domain, products: [] }} />);
  expect(screen.getByText('No product here that you may discover')).toBeVisible();
});
