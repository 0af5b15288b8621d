import type { PastRun } from '@/features/sql/history';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Empty } from '@/ui/states/empty';
import { Table } from '@/ui/table';

export interface HistoryViewProps {
  past: readonly PastRun[];
  onOpen: (run: PastRun) => void;
  onClear: () => void;
}

/** What was run here before, kept in this browser only. */
export function HistoryView({ past, onOpen, onClear }: HistoryViewProps) {
  if (past.length === 0) {
    return <Empty why="none" small title={t('historyEmpty')} detail={t('historyEmptyDetail')} />;
  }
  return (
    <div className="flex flex-col gap-2 py-2">
      <Table
        label={t('history')}
        dense
        rows={past}
        rowKey={(run) => run.at}
        columns={[
          {
            id: 'when',
            title: t('historyWhen'),
            cell: (run) => <DateTime at={run.at} look="ago" />,
          },
          {
            id: 'statement',
            title: t('historyStatement'),
            isRowHeader: true,
            cell: (run) => <Code className="line-clamp-2 break-all">{run.sql}</Code>,
          },
          { id: 'outcome', title: t('historyOutcome'), from: 'sm', cell: outcome },
          {
            id: 'open',
            title: <span className="sr-only">{t('historyOpen')}</span>,
            align: 'right',
            cell: (run) => (
              <Button size="small" onPress={() => onOpen(run)}>
                {t('historyOpen')}
              </Button>
            ),
          },
        ]}
      />
      <div className="px-4">
        <Button size="small" kind="quiet" onPress={onClear}>
          {t('historyClear')}
        </Button>
      </div>
    </div>
  );
}

function outcome(run: PastRun): string {
  if (run.outcome === 'cancelled') return t('outcomeCancelled');
  if (run.outcome === 'problem') return t('outcomeProblem', run.code ?? '');
  return `${t('rowCount', run.rows ?? 0)} · ${t('seconds', run.seconds)}`;
}
