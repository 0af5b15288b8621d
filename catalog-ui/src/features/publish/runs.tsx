import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Run, runsQuery } from '@/features/publish/queries';
import { counts, formatMs, outcomes, tookMs } from '@/features/publish/states';
import { t } from '@/features/publish/words';
import { Status } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Link } from '@/ui/link';
import { RadioGroup } from '@/ui/radio-group';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';
import { Table } from '@/ui/table';

const perPage = 30;
const all = 'all';

/** What became of each commit, the newest first. */
export function Runs({ state }: { state: string | undefined }) {
  const [limit, setLimit] = useState(perPage);
  return (
    <Loaded query={runsQuery(limit)} what={t('runs')} skeleton={<SkeletonRows rows={8} />}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty why="none" title={t('none')} detail={t('noneDetail')} />
        ) : (
          <div className="flex flex-col gap-4">
            <StateFilter state={state} />
            <div data-card className="rounded-lg border border-line bg-surface shadow-low">
              <RunsTable runs={items.filter((run) => !state || run.status === state)} />
            </div>
            {next ? (
              <Button className="self-center" onPress={() => setLimit((now) => now + perPage)}>
                {t('more')}
              </Button>
            ) : null}
          </div>
        )
      }
    </Loaded>
  );
}

function StateFilter({ state }: { state: string | undefined }) {
  const navigate = useNavigate();
  const options = [all, 'running', 'succeeded', 'partial', 'refused', 'failed'];
  return (
    <RadioGroup
      look="segments"
      labelHidden
      label={t('state')}
      options={options.map((id) => ({ id, label: outcomes[id]?.word ?? t('allStates') }))}
      value={state ?? all}
      onChange={(next) =>
        void navigate({
          to: '/publish',
          search: next === all ? {} : { state: next },
          replace: true,
        })
      }
    />
  );
}

function RunsTable({ runs }: { runs: readonly Run[] }) {
  return (
    <Table
      label={t('title')}
      rows={runs}
      rowKey={(run) => run.id}
      empty={
        <Empty
          why="no-match"
          title={t('noneMatch')}
          action={<ButtonLink to="/publish">{t('showAll')}</ButtonLink>}
        />
      }
      columns={[
        {
          id: 'commit',
          title: t('commit'),
          isRowHeader: true,
          cell: (run) => (
            <Link look="plain" to="/publish/$commit" params={{ commit: run.revision }}>
              <Code className="text-accent-ink">{run.revision.slice(0, 7)}</Code>
            </Link>
          ),
        },
        {
          id: 'state',
          title: t('state'),
          cell: (run) => {
            const outcome = outcomes[run.status] ?? { word: run.status, tone: 'neutral' as const };
            return <Status tone={outcome.tone}>{outcome.word}</Status>;
          },
        },
        { id: 'author', title: t('author'), cell: (run) => run.author ?? '–', from: 'sm' },
        {
          id: 'started',
          title: t('started'),
          cell: (run) => <DateTime at={run.startedAt} look="ago" />,
        },
        {
          id: 'steps',
          title: t('steps'),
          from: 'md',
          cell: (run) =>
            t(
              'stepsDone',
              run.steps.filter((step) => step.status === 'succeeded').length,
              run.steps.length,
            ),
        },
        {
          id: 'problems',
          title: t('problems'),
          from: 'md',
          cell: (run) => {
            const { errors, warnings } = counts(run.diagnostics);
            const text = t('problemCount', errors, warnings);
            if (errors + warnings === 0) return <span className="text-ink-faint">{text}</span>;
            return <Status tone={errors > 0 ? 'bad' : 'warn'}>{text}</Status>;
          },
        },
        {
          id: 'took',
          title: t('took'),
          align: 'right',
          from: 'sm',
          cell: (run) => {
            const ms = tookMs(run.startedAt, run.endedAt);
            return ms === null ? '…' : formatMs(ms);
          },
        },
      ]}
    />
  );
}
