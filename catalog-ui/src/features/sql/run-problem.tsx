import type { ApiProblem } from '@/api/problem';
import { type Caret, suggestionOf } from '@/features/sql/caret';
import { portsIn } from '@/features/sql/statement';
import { t } from '@/features/sql/words';
import { Button, ButtonLink } from '@/ui/button';
import { ProblemView } from '@/ui/states/problem-view';

export interface RunProblemProps {
  problem: ApiProblem;
  sql: string;
  purpose: string;
  caret: Caret | null;
  /** Rows that came before it failed. */
  rows: number;
  onPlace: (replacement?: string) => void;
  onRetry: () => void;
}

/** Why a statement has no answer, where in it the fault lies, and what can be done about it. */
export function RunProblem(props: RunProblemProps) {
  const { problem, sql, purpose, caret, rows, onPlace, onRetry } = props;
  const suggestion = caret && suggestionOf(problem.problem, sql.slice(caret.from, caret.to));
  const port = isAboutAccess(problem) ? portOf(problem, sql) : null;
  return (
    <div className="flex flex-col gap-2 p-3">
      <ProblemView error={problem} onRetry={onRetry} small />
      {caret ? <Excerpt sql={sql} caret={caret} /> : null}
      {rows > 0 ? <p className="text-sm text-ink-soft">{t('problemPart', rows)}</p> : null}
      {caret || port ? (
        <div className="flex flex-wrap gap-2">
          {caret ? (
            <Button size="small" onPress={() => onPlace()}>
              {t('showPlace')}
            </Button>
          ) : null}
          {caret && suggestion ? (
            <Button size="small" onPress={() => onPlace(suggestion)}>
              {t('takeSuggestion', suggestion)}
            </Button>
          ) : null}
          {port ? (
            <ButtonLink
              size="small"
              kind="primary"
              to="/requests"
              search={{ new: '1', port, purpose: purpose || undefined }}
            >
              {t('requestAccess')}
            </ButtonLink>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

/** The line of the statement with a caret under what is wrong. */
function Excerpt({ sql, caret }: { sql: string; caret: Caret }) {
  const line = sql.split('\n')[caret.line - 1] ?? '';
  const number = String(caret.line);
  const marks = '^'.repeat(Math.max(1, caret.to - caret.from));
  const pad = ' '.repeat(number.length);
  return (
    <figure className="m-0">
      <figcaption className="text-xs text-ink-soft">
        {t('problemAt', caret.line, caret.column)}
      </figcaption>
      <pre
        tabIndex={0}
        className="m-0 overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-sm text-code-ink"
      >
        <span className="text-ink-faint select-none">{number} │ </span>
        {line}
        {'\n'}
        <span aria-hidden className="text-ink-faint select-none">
          {pad} │{' '}
        </span>
        <span aria-hidden className="font-bold text-bad-ink">
          {' '.repeat(caret.column - 1)}
          {marks}
        </span>
      </pre>
    </figure>
  );
}

function isAboutAccess({ problem }: ApiProblem): boolean {
  return problem.status === 403 || (problem.code ?? '').startsWith('W03');
}

/** The port that the problem names, else the only one of the statement. */
function portOf({ problem }: ApiProblem, sql: string): string | null {
  const named = /`([a-z][\w]*\.[a-z][\w]*\.[a-z][\w]*)`/.exec(problem.detail ?? '')?.[1];
  const [only, another] = portsIn(sql);
  return named ?? (another === undefined ? (only ?? null) : null);
}
