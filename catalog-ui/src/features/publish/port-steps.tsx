import type { RunStep } from '@/features/publish/queries';
import { formatMs, tookMs } from '@/features/publish/states';
import { t } from '@/features/publish/words';
import { Status, type Tone } from '@/ui/badge';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { type Column, Table } from '@/ui/table';
import { formatNumber } from '@/words/define';

const tones: Record<string, Tone> = {
  pending: 'waiting',
  running: 'waiting',
  succeeded: 'good',
  failed: 'bad',
  skipped: 'neutral',
};

const rowsColumn: Column<RunStep> = {
  id: 'rows',
  title: t('rows'),
  align: 'right',
  from: 'md',
  cell: (step) => (typeof step.rows === 'number' ? formatNumber(step.rows) : '–'),
};

/** What is done to each port, in order. */
export function PortSteps({ steps }: { steps: readonly RunStep[] }) {
  // Counts are told to who reads every row.
  const rowsKnown = steps.some((step) => typeof step.rows === 'number');
  return (
    <div data-card className="mt-2 rounded-lg border border-line bg-surface">
      <Table
        dense
        label={t('ports')}
        rows={steps}
        rowKey={(step) => `${step.port} ${step.change}`}
        columns={[
          {
            id: 'port',
            title: t('port'),
            isRowHeader: true,
            cell: (step) => (
              <>
                <PortLink port={step.port} />
                <span className="block text-sm text-ink-soft sm:hidden">{step.change}</span>
              </>
            ),
          },
          { id: 'change', title: t('change'), from: 'sm', cell: (step) => step.change },
          {
            id: 'status',
            title: t('status'),
            cell: (step) => (
              <div>
                <Status tone={tones[step.status] ?? 'neutral'}>{step.status}</Status>
                {step.message ? (
                  <p className="max-w-prose text-sm text-ink-soft">{step.message}</p>
                ) : null}
              </div>
            ),
          },
          ...(rowsKnown ? [rowsColumn] : []),
          {
            id: 'version',
            title: t('version'),
            align: 'right',
            from: 'lg',
            cell: (step) => (typeof step.tableVersion === 'number' ? `v${step.tableVersion}` : '–'),
          },
          {
            id: 'took',
            title: t('took'),
            align: 'right',
            from: 'sm',
            cell: (step) => {
              const ms = step.durationMs ?? tookMs(step.startedAt, step.endedAt);
              return ms === null ? '–' : formatMs(ms);
            },
          },
        ]}
      />
    </div>
  );
}

function PortLink({ port }: { port: string }) {
  const [domain = '', product = ''] = port.split('.');
  return (
    <Link look="plain" to="/p/$domain/$product" params={{ domain, product }} search={{ port }}>
      <Code className="wrap-anywhere text-accent-ink!">{port}</Code>
    </Link>
  );
}
