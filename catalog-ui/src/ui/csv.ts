/** A table as CSV after RFC 4180 with a header; lines end with LF, as `weft query --format csv` ends them. */
export function csv(
  header: readonly string[],
  rows: Iterable<readonly (string | null | undefined)[]>,
): string {
  const lines = [line(header)];
  for (const row of rows) lines.push(line(row));
  return lines.join('');
}

function line(cells: readonly (string | null | undefined)[]): string {
  // One empty value alone would read as no row at all.
  if (cells.length === 1 && !cells[0]) return '""\n';
  return `${cells.map((cell) => quoted(cell ?? '')).join(',')}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
