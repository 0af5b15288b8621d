import { placeOf, type Roster } from '@/api/access';
import { pathInWords } from '@/features/roster/paths';

const header = [
  'principal',
  'kind',
  'rows',
  'column',
  'sees',
  'masks',
  'path',
  'because',
  'filters',
];

/** A roster as CSV after RFC 4180: a line for each principal and column. */
export function rosterCsv(roster: Roster): string {
  const lines: string[][] = [header];
  for (const group of roster.groups) {
    const because = group.because.map(lineInWords).join('; ');
    const filters = group.filters.map(lineInWords).join('; ');
    for (const member of group.members) {
      const path = member.paths.map(pathInWords).join('; ');
      for (const column of group.columns) {
        lines.push([
          member.name,
          member.kind,
          group.rows,
          column.name,
          column.sees,
          column.masks ?? '',
          path,
          because,
          filters,
        ]);
      }
    }
  }
  return `${lines.map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`;
}

function lineInWords(line: Roster['groups'][number]['because'][number]): string {
  const place = placeOf(line);
  return place ? `${place}: ${line.text}` : line.text;
}

/** Quoted where it must be; what a spreadsheet would take for a formula is made text. */
export function quoted(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
