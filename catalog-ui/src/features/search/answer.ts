/** What the search answers; the description of the API does not have it yet. */
export interface SearchAnswer {
  items: SearchHit[];
  total: number;
  facets: { kinds: SearchCount[]; domains: SearchCount[]; canQuery: number };
  didYouMean?: string | null;
  tookMs?: number | null;
  next?: string | null;
}

export interface SearchHit {
  kind: string;
  id: string;
  title?: string | null;
  description: string;
  product?: string | null;
  port?: string | null;
  column?: string | null;
  domain: string;
  owner?: string | null;
  canQuery: boolean;
  columnsReadable: number;
  columnsTotal: number;
  matched: SearchMatch[];
  moreMatches: number;
}

export interface SearchMatch {
  field: string;
  of?: string | null;
  text: string;
  /** From where to where, in UTF-16 code units. */
  offsets: number[][];
}

export interface SearchCount {
  name: string;
  count: number;
}
