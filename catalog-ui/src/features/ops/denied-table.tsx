import { mostDenied } from '@/features/ops/figures';
import type { DeniedLine } from '@/features/ops/queries';
import { t } from '@/features/ops/words';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { Table } from '@/ui/table';
import { plainName } from '@/words/principals';

/** What was refused most, to whom, and why. */
export function DeniedTable({ denied }: { denied: readonly DeniedLine[] }) {
  return (
    <Table
      dense
      label={t('deniedTable')}
      rows={mostDenied(denied)}
      rowKey={(line) => [line.principal, line.object, line.action].join(' ')}
      empty={<Empty small why="none" title={t('noDenied')} detail={t('noDeniedDetail')} />}
      columns={[
        {
          id: 'principal',
          title: t('principal'),
          isRowHeader: true,
          cell: (line) => plainName(line.principal),
        },
        {
          id: 'object',
          title: t('object'),
          cell: (line) => <Code className="break-all">{line.object}</Code>,
        },
        { id: 'action', title: t('action'), from: 'sm', cell: (line) => line.action },
        {
          id: 'because',
          title: t('because'),
          from: 'md',
          cell: (line) =>
            line.because.length > 0 ? (
              <Code className="break-words">{line.because.join('; ')}</Code>
            ) : (
              <span className="text-ink-soft">{t('noRule')}</span>
            ),
        },
        { id: 'times', title: t('times'), align: 'right', cell: (line) => line.times },
        {
          id: 'last',
          title: t('last'),
          from: 'sm',
          className: 'whitespace-nowrap',
          cell: (line) => <DateTime at={line.last} look="ago" />,
        },
        {
          id: 'why',
          title: <span className="sr-only">{t('why')}</span>,
          align: 'right',
          className: 'whitespace-nowrap',
          cell: (line) => (
            <Link
              data-why
              aria-label={`${t('why')} ${line.principal} ${line.object}`}
              to="/access/explain"
              search={{ id: line.query }}
            >
              {t('why')}
            </Link>
          ),
        },
      ]}
    />
  );
}
