import { counted, defineWords } from '@/words/define';

/** Texts of the page that lists who sees something. */
export const t = defineWords({
  title: 'Who can see this',
  lead: 'Everyone who is known, by how they see it, and the rules that make it so.',
  what: 'Port',
  column: 'Column',
  allColumns: 'All columns',
  choose: 'Choose a port',
  chooseDetail: 'Then the people who see it are listed here, with the path that leads to each.',
  roster: 'who sees it',
  exportCsv: 'Export CSV',
  exported: (name: string) => `${name} is saved`,
  nobody: 'Nobody is known',
  principals: (n: number) => counted(n, 'principal'),
  allRows: 'all rows',
  someRows: 'some rows',
  noRows: 'no rows',
  seesClear: (what: string) => `See ${what} in clear`,
  seesMasked: (what: string, masks: string) => `See ${what} masked${masks ? `: ${masks}` : ''}`,
  seesHidden: (what: string) => `Do not see ${what}`,
  seesDenied: 'May not read it',
  seesMixed: (clear: number, masked: number, hidden: number) =>
    `See ${[
      clear > 0 ? `${clear} in clear` : '',
      masked > 0 ? `${masked} masked` : '',
      hidden > 0 ? `${hidden} hidden` : '',
    ]
      .filter(Boolean)
      .join(', ')}`,
  theColumns: (n: number) => (n === 1 ? 'the column' : `all ${n} columns`),
  because: 'Because of',
  filters: 'Rows filtered by',
  nothingAllows: 'No rule allows it.',
  member: 'Principal',
  kind: 'Kind',
  path: 'Comes to it by',
  itself: 'is named itself',
  why: 'Why?',
  inClear: 'In clear',
  masked: 'Masked',
  hidden: 'Hidden',
  summary: (clear: number, all: number) => `${clear} of ${all} principals see all of it in clear.`,
  under: 'Policies',
  at: 'at',
  members: (heading: string) => `Principals: ${heading}`,
});
