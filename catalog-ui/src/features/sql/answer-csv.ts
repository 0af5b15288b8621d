import type { Answer } from '@/features/sql/answer';
import { cellText } from '@/features/sql/cell-text';
import { csv } from '@/ui/csv';

/** All rows as CSV, values as the grid shows them and nothing for null. */
export function csvOf(answer: Answer): string {
  const header = answer.columns.map(({ name }) => name);
  return csv(header, lines(answer));
}

function* lines(answer: Answer): Iterable<(string | null)[]> {
  for (let row = 0; row < answer.rows; row += 1) {
    yield answer.columns.map(({ type }, at) => cellText(answer.at(row, at), type));
  }
}
