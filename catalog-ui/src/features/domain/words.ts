import { counted, defineWords, formatNumber } from '@/words/define';

export const t = defineWords({
  what: 'this domain',
  breadcrumb: 'Domain',
  products: 'Products',
  product: 'Product',
  purpose: 'What it is',
  version: 'Version',
  status: 'Status',
  ports: 'Ports you may read',
  portsOf: (readable: number, all: number) => `${formatNumber(readable)} of ${formatNumber(all)}`,
  released: 'Released',
  owner: 'Owner',
  contact: 'Contact',
  about: 'Who answers',
  none: 'No product here that you may discover',
  noneDetail: 'The domain exists; what it offers is not something you may know of yet.',
  countedProducts: (n: number) => counted(n, 'product'),
  lineage: 'How they hang together',
  lineageHint: 'Open the lineage explorer on one of them to see what is made from what.',
});
