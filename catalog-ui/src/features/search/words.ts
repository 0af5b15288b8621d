import { counted, defineWords, formatNumber } from '@/words/define';

const kinds = { product: 'Products', port: 'Ports', column: 'Columns', person: 'People' };
const kindOf = { product: 'product', port: 'port', column: 'column', person: 'person' };
const fields: Record<string, string> = {
  name: 'name',
  title: 'title',
  description: 'description',
  tag: 'tag',
  owner: 'owner',
  domain: 'domain',
  port: 'port',
  column: 'column',
  portDescription: 'port',
  portTag: 'tag of port',
  columnDescription: 'column',
  columnTag: 'tag of column',
};

export const t = defineWords({
  title: 'Search',
  titleFor: (q: string) => `${q} · Search`,
  what: 'what you look for',
  results: (n: number) => counted(n, 'result'),
  took: (ms: number) => `${ms < 1 ? '< 1' : formatNumber(Math.round(ms))} ms`,
  everything: 'Everything you may discover',
  resultsFor: (q: string) => `Results for “${q}”`,
  filters: 'Filters',
  kind: 'Type',
  kinds: (kind: string) => kinds[kind as keyof typeof kinds] ?? kind,
  kindOf: (kind: string) => kindOf[kind as keyof typeof kindOf] ?? kind,
  domain: 'Domain',
  access: 'Access',
  canQuery: 'I can query',
  all: 'All',
  clearFilters: 'Clear filters',
  youCanQuery: 'You can query it',
  columnsClear: (clear: number, all: number) =>
    `${formatNumber(clear)} of ${counted(all, 'column')}`,
  noAccess: 'No access yet',
  matched: 'Matched',
  field: (field: string) => fields[field] ?? field,
  more: (n: number) => `+${formatNumber(n)}`,
  moreMatches: (n: number) => `${counted(n, 'other match', 'other matches')}`,
  ownedBy: (owner: string) => `owned by ${owner}`,
  keys: 'j k or ↑ ↓ move · Enter opens · Ctrl Enter opens SQL · f filters',
  focusFilters: 'Filters of the search',
  openSql: 'Open what has the focus in SQL',
  showMore: 'Show more',
  nothing: (q: string) => `Nothing matches “${q}”`,
  nothingFiltered: 'Nothing matches with these filters',
  nothingAtAll: 'There is nothing that you may discover yet',
  didYouMean: 'Did you mean',
  nothingDetail:
    'Other words may help: names of columns, of tables, of the teams that own them. Data that does not exist yet can be asked for from the people of a domain.',
  browse: 'Browse everything',
});
