import { useState } from 'react';
import { DeniedTable } from '@/features/ops/denied-table';
import { diagnosticsOf, slowest } from '@/features/ops/figures';
import { Lights } from '@/features/ops/lights';
import { type Ops as Faring, opsQuery } from '@/features/ops/queries';
import { QueriesTable } from '@/features/ops/queries-table';
import { t } from '@/features/ops/words';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { DateTime } from '@/ui/date-time';
import { KeyValue } from '@/ui/key-value';
import { RevisionLink } from '@/ui/names';
import { RadioGroup } from '@/ui/radio-group';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonCards } from '@/ui/states/skeleton';

/** What must work, the newest queries and refusals, and what runs here. */
export function Ops() {
  return (
    <Loaded query={opsQuery} what={t('ops')} skeleton={<SkeletonCards cards={4} />}>
      {(ops) =>
        ops ? (
          <Shown ops={ops} />
        ) : (
          <Empty why="not-yours" title={t('forOperators')} detail={t('forOperatorsDetail')} />
        )
      }
    </Loaded>
  );
}

function Shown({ ops }: { ops: Faring }) {
  const [order, setOrder] = useState<'newest' | 'slowest'>('newest');
  const queries = order === 'slowest' ? slowest(ops.queries) : ops.queries;
  return (
    <div className="flex flex-col gap-5">
      <Lights lights={ops.lights} />
      <Card
        flush
        title={t('queries')}
        aside={
          <RadioGroup
            look="segments"
            labelHidden
            label={t('order')}
            options={[
              { id: 'newest', label: t('newest') },
              { id: 'slowest', label: t('slowest') },
            ]}
            value={order}
            onChange={setOrder}
          />
        }
      >
        <p className="px-4 pb-1 text-sm text-ink-soft">{t('queriesHint', ops.queries.length)}</p>
        <QueriesTable queries={queries} />
      </Card>
      <Card flush title={t('denied')}>
        {ops.denied.length > 0 ? (
          <p className="px-4 pb-1 text-sm text-ink-soft">{t('deniedHint', ops.denied.length)}</p>
        ) : null}
        <DeniedTable denied={ops.denied} />
      </Card>
      <Card
        title={t('versions')}
        aside={
          <CopyButton text={() => diagnosticsOf(ops, navigator.userAgent)} label={t('copy')} />
        }
      >
        <KeyValue
          rows={[
            [t('version'), <Code key="v">{ops.version}</Code>],
            [
              t('revision'),
              ops.revision ? <RevisionLink key="r" revision={ops.revision} /> : t('noRevision'),
            ],
            [t('started'), <DateTime key="s" at={ops.startedAt} />],
            [
              t('metrics'),
              <span key="m">
                {t('metricsHint')} <Code>/metrics</Code>
              </span>,
            ],
          ]}
        />
        <p className="mt-3 text-sm text-ink-soft">{t('copyHint')}</p>
      </Card>
    </div>
  );
}
