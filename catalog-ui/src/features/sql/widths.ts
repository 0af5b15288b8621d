import type { Answer } from '@/features/sql/answer';
import { cellText, typeName } from '@/features/sql/cell-text';
import { formatNumber } from '@/words/define';

const looked = 60;
const perCharacter = 7.4;
const [widthMin, widthMax] = [72, 360];

/** Widths in pixels that hold the names and the values of the first rows. */
export function columnWidths(answer: Answer, withRows: boolean): number[] {
  return answer.columns.map((column, at) => {
    // The type stands beside the name in smaller letters.
    let longest = column.name.length + typeName(column.type).length * 0.9 + 3;
    for (let row = 0; withRows && row < Math.min(looked, answer.rows); row += 1) {
      longest = Math.max(longest, cellText(answer.at(row, at), column.type)?.length ?? 4);
    }
    return Math.round(Math.min(Math.max(longest * perCharacter + 20, widthMin), widthMax));
  });
}

/** Width of the column that numbers the rows. */
export function numberWidth(rows: number): number {
  return Math.round(formatNumber(rows).length * perCharacter + 22);
}
