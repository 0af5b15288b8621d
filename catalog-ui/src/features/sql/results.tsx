import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { PastRun } from '@/features/sql/history';
import type { Run } from '@/features/sql/runs';
import type { SqlTab } from '@/features/sql/tabs';
import { t } from '@/features/sql/words';
import { Empty } from '@/ui/states/empty';
import { Loading } from '@/ui/states/loading';

// Each side loads when it is first looked at; the grid as soon as the hands are idle.
const loadGrid = () => import('@/features/sql/grid');
const Grid = lazy(() => loadGrid().then((m) => ({ default: m.Grid })));
const ChartView = lazy(() =>
  import('@/features/sql/chart-view').then((m) => ({ default: m.ChartView })),
);
const PlanView = lazy(() =>
  import('@/features/sql/plan-view').then((m) => ({ default: m.PlanView })),
);
const PolicyView = lazy(() =>
  import('@/features/sql/policy-view').then((m) => ({ default: m.PolicyView })),
);
const HistoryView = lazy(() =>
  import('@/features/sql/history-view').then((m) => ({ default: m.HistoryView })),
);

const views = ['grid', 'chart', 'plan', 'policy', 'history'] as const;
type View = (typeof views)[number];

export interface ResultsProps {
  tab: SqlTab;
  run: Run | null;
  /** What is said above the rows: how the run went, or why it failed. */
  head: ReactNode;
  past: readonly PastRun[];
  onOpenPast: (run: PastRun) => void;
  onClearPast: () => void;
}

/** What a run brought, looked at from five sides. */
export function Results({ tab, run, head, past, onOpenPast, onClearPast }: ResultsProps) {
  const [view, setView] = useState<View>('grid');
  useEffect(() => {
    const timer = setTimeout(() => void loadGrid(), 1000);
    return () => clearTimeout(timer);
  }, []);
  const content: Record<View, () => ReactNode> = {
    grid: () => <Rows run={run} />,
    chart: () =>
      run?.answer && run.rows > 0 ? (
        <ChartView key={run.startedAt} answer={run.answer} rows={run.rows} />
      ) : (
        <Empty why="none" small title={t('nothingRun')} />
      ),
    plan: () => <PlanView sql={tab.sql} purpose={tab.purpose} asOf={tab.asOf} />,
    policy: () => <PolicyView run={run} />,
    history: () => <HistoryView past={past} onOpen={onOpenPast} onClear={onClearPast} />,
  };
  return (
    <section aria-label={t('results')} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <h2 className="sr-only">{t('results')}</h2>
      {head}
      <Tabs
        selectedKey={view}
        onSelectionChange={(key) => setView(key as View)}
        className="flex min-h-0 flex-1 flex-col"
      >
        <TabList
          aria-label={t('results')}
          className="flex shrink-0 gap-1 overflow-x-auto border-b border-line bg-surface px-2 [scrollbar-width:thin]"
        >
          {views.map((id) => (
            <Tab
              key={id}
              id={id}
              className="-mb-px flex min-h-8 cursor-pointer items-center border-b-2 border-transparent px-2.5 text-sm whitespace-nowrap text-ink-soft outline-offset-[-2px] data-hovered:text-ink data-selected:border-accent data-selected:font-medium data-selected:text-ink"
            >
              {t(id)}
            </Tab>
          ))}
        </TabList>
        {views.map((id) => (
          <TabPanel
            key={id}
            id={id}
            className="min-h-0 flex-1 overflow-auto outline-offset-[-2px] max-md:min-h-96"
          >
            {id === view ? (
              <Suspense fallback={<Loading what={t(id)} />}>{content[id]()}</Suspense>
            ) : null}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}

function Rows({ run }: { run: Run | null }) {
  if (run === null) {
    return <Empty why="none" title={t('nothingRun')} detail={t('nothingRunDetail')} />;
  }
  if (run.answer && run.rows > 0) {
    return (
      <div className="h-full max-md:h-96">
        <Grid key={run.startedAt} answer={run.answer} rows={run.rows} />
      </div>
    );
  }
  if (run.state === 'running') {
    return (
      <div className="p-4">
        <Loading what={t('rowsWaited')} />
      </div>
    );
  }
  if (run.state === 'done') {
    return <Empty why="no-match" title={t('noRows')} detail={t('noRowsDetail')} />;
  }
  return null;
}
