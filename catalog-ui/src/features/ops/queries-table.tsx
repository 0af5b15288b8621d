import type { QueryLine } from '@/features/ops/queries';
import { t } from '@/features/ops/words';
import { Status, type Tone } from '@/ui/badge';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { Table } from '@/ui/table';
import { formatNumber } from '@/words/define';
import { plainName } from '@/words/principals';

/** `ok`, or the code of what came in the way. */
function Ended({ status }: { status: string }) {
  if (!/^W\d{4}$/.test(status)) return <Status tone={tones[status] ?? 'neutral'}>{status}</Status>;
  return (
    <Status tone="bad">
      <Link to="/docs/$" params={{ _splat: `errors/${status}` }}>
        {status}
      </Link>
    </Status>
  );
}

const tones: Record<string, Tone> = {
  succeeded: 'good',
  completed: 'good',
  done: 'good',
  ok: 'good',
  failed: 'bad',
  denied: 'bad',
  cancelled: 'warn',
};

/** Queries that have ended. Their SQL is not here: it may hold what nobody but the asker should read. */
export function QueriesTable({ queries }: { queries: readonly QueryLine[] }) {
  return (
    <Table
      dense
      label={t('queriesTable')}
      rows={queries}
      rowKey={(query) => query.id}
      empty={<Empty small why="none" title={t('noQueries')} />}
      columns={[
        {
          id: 'principal',
          title: t('principal'),
          isRowHeader: true,
          cell: (query) => (
            <>
              {plainName(query.principal)}
              <span className="block text-sm text-ink-soft sm:hidden">
                <DateTime at={query.at} look="ago" />
              </span>
            </>
          ),
        },
        {
          id: 'at',
          title: t('at'),
          from: 'sm',
          className: 'whitespace-nowrap',
          cell: (query) => <DateTime at={query.at} look="ago" />,
        },
        {
          id: 'status',
          title: t('status'),
          cell: (query) => <Ended status={query.status} />,
        },
        {
          id: 'ports',
          title: t('ports'),
          from: 'md',
          cell: (query) => <Code className="break-words">{query.ports.join(', ') || '–'}</Code>,
        },
        { id: 'door', title: t('door'), from: 'lg', cell: (query) => query.door ?? '–' },
        {
          id: 'rows',
          title: t('rows'),
          align: 'right',
          from: 'sm',
          cell: (query) => (typeof query.rows === 'number' ? formatNumber(query.rows) : '–'),
        },
        {
          id: 'took',
          title: t('took'),
          align: 'right',
          className: 'whitespace-nowrap',
          cell: (query) =>
            typeof query.durationMs === 'number' ? `${formatNumber(query.durationMs)} ms` : '–',
        },
        {
          id: 'why',
          title: <span className="sr-only">{t('why')}</span>,
          align: 'right',
          from: 'sm',
          cell: (query) =>
            query.ports.length > 0 ? (
              <Link
                data-why
                aria-label={`${t('why')} ${t('query')} ${query.id}`}
                to="/access/explain"
                search={{ id: query.id }}
              >
                {t('why')}
              </Link>
            ) : null,
        },
      ]}
    />
  );
}
