import type { Problem } from '@/api/problem';
import { withoutTexts } from '@/features/sql/statement';

export interface Caret {
  from: number;
  to: number;
  line: number;
  column: number;
}

/**
 * Where in the statement a problem lies: at the line and column that it tells, else at the name that it quotes.
 * Null where it tells neither.
 */
export function caretOf(problem: Pick<Problem, 'detail'>, sql: string): Caret | null {
  const detail = problem.detail ?? '';
  const told = /\bline:? (\d+),? ?col(?:umn)?:? ?(\d+)/i.exec(detail);
  if (told) return atPlace(sql, Number(told[1]), Number(told[2]));
  const [fault = ''] = detail.split(/did you mean|valid (?:fields|columns) are/i);
  const name =
    /[`']([^`']+)[`']/.exec(fault)?.[1] ??
    /\bno (?:field|column|table|function)(?: named| called)? "?([\w$]+(?:\.[\w$]+)*)/i.exec(
      fault,
    )?.[1];
  return name === undefined ? null : atName(sql, name);
}

/** What stands at a line and column, both counted from 1; the end of the line where they lie beyond it. */
function atPlace(sql: string, line: number, column: number): Caret {
  const lines = sql.split('\n');
  const at = Math.min(Math.max(line, 1), lines.length);
  const text = lines[at - 1] ?? '';
  const before = lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const inLine = Math.min(Math.max(column, 1) - 1, text.length);
  const token = /^(?:"[^"]*"|'[^']*'|[\w$]+(?:\.[\w$]+)*|\S)/.exec(text.slice(inLine))?.[0] ?? '';
  const from = before + inLine;
  return { from, to: from + token.length, line: at, column: inLine + 1 };
}

/** The first place outside texts and comments where the name stands as a word of its own. */
function atName(sql: string, name: string): Caret | null {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const match = new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, 'i').exec(withoutTexts(sql));
  if (!match) {
    const last = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : null;
    return last === null ? null : atName(sql, last);
  }
  const before = sql.slice(0, match.index).split('\n');
  return {
    from: match.index,
    to: match.index + match[0].length,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}

/**
 * What the problem suggests in the place of `written`, if it does: ``did you mean `net_eur`?``. A name that is written
 * without its table gets one without its table.
 */
export function suggestionOf(problem: Pick<Problem, 'detail'>, written: string): string | null {
  const meant = /did you mean [`'"]?([\w.$]+)[`'"]?/i.exec(problem.detail ?? '')?.[1];
  if (meant === undefined) return null;
  return written.includes('.') ? meant : meant.slice(meant.lastIndexOf('.') + 1);
}
