import { CircleCheck, Loader, Square } from 'lucide-react';
import { CopyAsMenu, ExportMenu } from '@/features/sql/answer-actions';
import type { Run } from '@/features/sql/runs';
import { appliedOf } from '@/features/sql/terms';
import { t } from '@/features/sql/words';
import { Status } from '@/ui/badge';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy-button';
import { Link } from '@/ui/link';
import { listed } from '@/words/define';

export interface StatusLineProps {
  run: Run;
  onCancel: () => void;
  /** Address under which these rows are found again. */
  address: () => string;
  /** Of the statement, for files. */
  name: string;
}

/** What came of a run, in one line: rows, time, and what policies did to them. */
export function StatusLine({ run, onCancel, address, name }: StatusLineProps) {
  const running = run.state === 'running';
  const atLimit = run.state === 'done' && run.rows >= run.asked.limit;
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-3 py-1 text-sm text-ink-soft">
      <span role="status" className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {running ? (
          <Loader aria-hidden className="size-4 animate-spin text-accent-ink" />
        ) : run.state === 'done' ? (
          <CircleCheck aria-hidden className="size-4 text-good-mark" />
        ) : (
          <Square aria-hidden className="size-4 text-ink-faint" />
        )}
        <span className={running ? undefined : 'font-medium text-ink'}>{sentence(run)}</span>
        {running ? null : <span>· {t('seconds', run.seconds)}</span>}
        {atLimit ? <span>· {t('atLimit', run.asked.limit)}</span> : null}
      </span>
      <TermsSaid run={run} />
      {running ? (
        <Button size="small" onPress={onCancel}>
          {t('cancel')}
        </Button>
      ) : null}
      <span className="flex-1" />
      {run.state === 'done' ? (
        <span className="flex flex-wrap items-center gap-1">
          <span className="mr-1 text-xs">{t('asOfAt', readable(run.asOf))}</span>
          <CopyButton text={address} label={t('link')} />
          {run.answer ? <ExportMenu answer={run.answer} name={name} /> : null}
          <CopyAsMenu sql={run.asked.sql} />
        </span>
      ) : null}
    </div>
  );
}

function sentence(run: Run): string {
  if (run.state === 'running') return t('fetching', run.rows);
  if (run.state === 'cancelled') return t('cancelled');
  return t('rowCount', run.rows);
}

/** Masks of columns that the answer shows, by name; for anything else only that there are terms. */
function TermsSaid({ run }: { run: Run }) {
  const { answer, explainId } = run;
  if (!answer) return null;
  const { masked, hidden, filters } = appliedOf(answer.terms);
  const named = masked.filter(({ column }) => answer.columns.some(({ name }) => name === column));
  if (named.length + filters.length === 0 && explainId === null) return null;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {named.length > 0 ? (
        <Status tone="masked">
          {t('nMasked', named.length)}: {namesOf(named)}
        </Status>
      ) : null}
      {filters.length > 0 ? <Status tone="info">{t('rowsFiltered')}</Status> : null}
      {named.length + filters.length === 0 ? (
        <Status tone={hidden.length > 0 ? 'hidden' : 'info'}>
          {hidden.length > 0 ? t('nHidden', hidden.length) : t('onTerms')}
        </Status>
      ) : null}
      {explainId === null ? null : (
        <Link to="/access/explain" search={{ id: explainId }} data-why>
          {t('why')}
        </Link>
      )}
    </span>
  );
}

const namedMost = 3;

/** The first of them by name, the others by number. */
function namesOf(masked: readonly { column: string; how: string }[]): string {
  const names = masked.slice(0, namedMost).map(({ column, how }) => `${column} (${how})`);
  const more = masked.length - names.length;
  return listed(more > 0 ? [...names, t('nMore', more)] : names);
}

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

function readable(instant: string): string {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : clock.format(date);
}
