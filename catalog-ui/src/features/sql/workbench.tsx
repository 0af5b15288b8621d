import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { TabPanel, Tabs } from 'react-aria-components';
import { useSession } from '@/app/session';
import { caretOf } from '@/features/sql/caret';
import { Editor, type EditorHandle, EditorMemory } from '@/features/sql/editor';
import { type PastRun, readHistory, remembered } from '@/features/sql/history';
import { useKept } from '@/features/sql/kept';
import { NameTree } from '@/features/sql/name-tree';
import { useNames } from '@/features/sql/names';
import { Results } from '@/features/sql/results';
import { RunBar } from '@/features/sql/run-bar';
import { type Run, Runs } from '@/features/sql/runs';
import { TabStrip } from '@/features/sql/tab-strip';
import {
  activeTab,
  changed,
  closed,
  readTabs,
  type SqlTab,
  tabTitle,
  turnedTo,
} from '@/features/sql/tabs';
import { type Start, useTabsInAddress } from '@/features/sql/tabs-in-address';
import { t } from '@/features/sql/words';
import { announce } from '@/ui/announce';
import { Button } from '@/ui/button';
import { cx } from '@/ui/cx';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { t as shell } from '@/words/shell';

export interface WorkbenchProps {
  start: Start;
  /** The tab that is shown, for the address. */
  onTab: (id: string) => void;
}

// What came of a run loads with the first run.
const RunProblem = lazy(() =>
  import('@/features/sql/run-problem').then((m) => ({ default: m.RunProblem })),
);
const StatusLine = lazy(() =>
  import('@/features/sql/status-line').then((m) => ({ default: m.StatusLine })),
);

/** Where SQL is written, run and looked at. */
export function Workbench({ start, onTab }: WorkbenchProps) {
  const { me } = useSession();
  const names = useNames();
  const editor = useRef<EditorHandle>(null);
  const [state, change] = useKept(`weft.sql.tabs.${me.principal}`, readTabs);
  const [past, changePast] = useKept(`weft.sql.history.${me.principal}`, readHistory);
  const [treeShown, setTreeShown] = useState(() => matchMedia('(min-width: 64rem)').matches);
  const [runs] = useState(() => new Runs());
  const [memory] = useState(() => new EditorMemory());
  const tab = activeTab(state);
  const run = useSyncExternalStore(runs.subscribe, () => runs.of(tab.id));
  const running = run?.state === 'running';

  useEffect(() => {
    document.title = `${t('title')} · ${shell('weft')}`;
    const end = () => runs.cancelAll();
    window.addEventListener('pagehide', end);
    return () => {
      window.removeEventListener('pagehide', end);
      end();
    };
  }, [runs]);

  const { open, turn, startPort } = useTabsInAddress(state, change, start, onTab);

  const changeTab = (next: Partial<SqlTab>) => change((before) => changed(before, tab.id, next));
  const go = async () => {
    if (tab.sql.trim() === '') return;
    const { sql, purpose, limit, asOf } = tab;
    const ended = await runs.start(tab.id, { sql, purpose, limit, asOf });
    announce(said(ended), ended.state === 'problem' ? 'assertive' : 'polite');
    changePast((before) => remembered(before, pastOf(ended)));
  };
  const close = (id: string) => {
    runs.forget(id);
    memory.states.delete(id);
    turn(closed(state, id));
  };
  useShortcut('mod+enter', t('run'), () => void go());

  const problem = run?.state === 'problem' ? run.problem : null;
  const caret = useMemo(
    () => (problem && run ? caretOf(problem.problem, run.asked.sql) : null),
    [problem, run],
  );
  const address = () => {
    const asked = run?.asked ?? tab;
    const link = new URL('sql', document.baseURI);
    link.searchParams.set('q', asked.sql);
    link.searchParams.set('as_of', run?.asOf ?? '');
    if (asked.purpose) link.searchParams.set('purpose', asked.purpose);
    return link.href;
  };

  const content = () => (
    <>
      <RunBar
        tab={tab}
        running={running}
        onChange={changeTab}
        onRun={() => void go()}
        onCancel={() => runs.cancel(tab.id)}
      />
      <div className={cx('shrink-0 border-b border-line', heightOf(tab.sql))}>
        <Editor
          ref={editor}
          tab={tab.id}
          memory={memory}
          value={tab.sql}
          onChange={(sql) => changeTab({ sql })}
          onRun={() => void go()}
          names={names}
          fault={run?.asked.sql === tab.sql ? caret : null}
        />
      </div>
      <Results
        tab={tab}
        run={run}
        past={past}
        onOpenPast={({ sql, purpose, asOf, limit }) => open({ sql, purpose, asOf, limit })}
        onClearPast={() => changePast(() => [])}
        head={
          run === null ? null : (
            <Suspense>
              {problem ? (
                <RunProblem
                  problem={problem}
                  sql={run.asked.sql}
                  purpose={run.asked.purpose}
                  caret={caret}
                  rows={run.rows}
                  onRetry={() => void go()}
                  onPlace={(text) => {
                    if (!caret) return;
                    changeTab({ sql: run.asked.sql });
                    editor.current?.turnTo(caret, text);
                  }}
                />
              ) : (
                <StatusLine
                  run={run}
                  name={tabTitle(tab)}
                  onCancel={() => runs.cancel(tab.id)}
                  address={address}
                />
              )}
            </Suspense>
          )
        }
      />
    </>
  );

  return (
    <div className="flex flex-col md:h-[calc(100dvh-3.5rem)]">
      <h1 className="sr-only">{t('title')}</h1>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        {treeShown ? (
          <aside
            aria-label={t('tree')}
            className="flex w-full shrink-0 flex-col gap-2 border-line bg-canvas p-3 max-md:max-h-80 max-md:border-b md:w-64 md:border-r xl:w-72"
          >
            <div className="flex items-center">
              <h2 className="flex-1 text-sm font-semibold">{t('tree')}</h2>
              <Button
                kind="quiet"
                size="icon"
                className="size-8"
                aria-label={t('hideTree')}
                onPress={() => setTreeShown(false)}
              >
                <PanelLeftClose aria-hidden className="size-4" />
              </Button>
            </div>
            <NameTree
              onInsert={(text) => editor.current?.insert(text)}
              onStart={(port) => {
                void startPort(port);
                editor.current?.focus();
              }}
            />
          </aside>
        ) : null}
        <Tabs
          selectedKey={tab.id}
          onSelectionChange={(key) => turn(turnedTo(state, String(key)))}
          className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface"
        >
          <div className="flex items-end gap-1 border-b border-line bg-canvas px-2 pt-1.5">
            {treeShown ? null : (
              <Button
                kind="quiet"
                size="icon"
                className="mb-0.5 size-8"
                aria-label={t('showTree')}
                onPress={() => setTreeShown(true)}
              >
                <PanelLeftOpen aria-hidden className="size-4" />
              </Button>
            )}
            <TabStrip
              state={state}
              running={(id) => runs.of(id)?.state === 'running'}
              onTurn={(id) => turn(turnedTo(state, id))}
              onNew={() => {
                open();
                editor.current?.focus();
              }}
              onClose={close}
              onRename={(id, title) => change((before) => changed(before, id, { title }))}
            />
          </div>
          {state.tabs.map(({ id }) => (
            <TabPanel key={id} id={id} className="flex min-h-0 flex-1 flex-col">
              {id === tab.id ? content() : null}
            </TabPanel>
          ))}
        </Tabs>
      </div>
    </div>
  );
}

/** Grows with the statement, so that its rows keep most of the page. */
function heightOf(sql: string): string {
  const lines = sql.split('\n').length;
  if (lines <= 5) return 'h-40';
  return lines <= 10 ? 'h-64' : 'h-80';
}

function said(run: Run): string {
  if (run.state === 'cancelled') return t('cancelled');
  if (run.state === 'problem') return run.problem?.message ?? '';
  return `${t('rowCount', run.rows)} · ${t('seconds', run.seconds)}`;
}

function pastOf(run: Run): PastRun {
  const { sql, purpose, asOf, limit } = run.asked;
  const outcome =
    run.state === 'problem' ? 'problem' : run.state === 'cancelled' ? 'cancelled' : 'rows';
  return {
    at: new Date(run.startedAt).toISOString(),
    sql,
    purpose,
    asOf,
    limit,
    outcome,
    rows: run.state === 'done' ? run.rows : null,
    seconds: run.seconds,
    code: run.problem?.problem.code ?? null,
  };
}
