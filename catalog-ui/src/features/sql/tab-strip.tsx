import { Pencil, Plus, X } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Tab, TabList } from 'react-aria-components';
import { type SqlTab, type SqlTabs, tabTitle } from '@/features/sql/tabs';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { t as shell } from '@/words/shell';

const Rename = lazy(() => import('@/features/sql/rename').then((m) => ({ default: m.Rename })));

export interface TabStripProps {
  state: SqlTabs;
  running: (tab: string) => boolean;
  onTurn: (tab: string) => void;
  onNew: () => void;
  onClose: (tab: string) => void;
  onRename: (tab: string, title: string | null) => void;
}

/** The statements that are open, inside `Tabs`. Arrows turn, Delete closes the one that has the focus. */
export function TabStrip({ state, running, onTurn, onNew, onClose, onRename }: TabStripProps) {
  const [renaming, setRenaming] = useState<SqlTab | null>(null);
  const active = state.tabs.find((tab) => tab.id === state.active);
  const step = (by: number) => {
    const at = state.tabs.findIndex((tab) => tab.id === state.active);
    const next = state.tabs[(at + by + state.tabs.length) % state.tabs.length];
    if (next) onTurn(next.id);
  };
  useShortcut('[', shell('previousTab'), () => step(-1));
  useShortcut(']', shell('nextTab'), () => step(1));

  return (
    <div className="flex min-w-0 flex-1 items-end gap-1">
      <div
        role="group"
        aria-label={t('tabs')}
        className="min-w-0"
        onKeyDown={(event) => {
          if (event.key === 'Delete' && (event.target as HTMLElement).role === 'tab') {
            onClose(state.active);
          }
        }}
      >
        <TabList
          aria-label={t('tabs')}
          className="flex gap-0.5 overflow-x-auto overflow-y-hidden [scrollbar-width:thin]"
        >
          {state.tabs.map((tab) => (
            <Tab
              key={tab.id}
              id={tab.id}
              className="-mb-px flex min-h-9 max-w-52 cursor-pointer items-center gap-1 rounded-t-md border border-b-0 border-transparent pr-1 pl-3 text-sm whitespace-nowrap text-ink-soft outline-offset-[-2px] data-hovered:text-ink data-selected:border-line data-selected:bg-surface data-selected:font-medium data-selected:text-ink"
            >
              {running(tab.id) ? (
                <span role="img" aria-label={t('running')} className="text-accent-ink">
                  ●
                </span>
              ) : null}
              <span className="truncate">{tabTitle(tab)}</span>
              {/* For pointers only: keyboards close with Delete or the button behind the tabs. */}
              <span
                aria-hidden
                data-close={tab.id}
                className="grid size-6 shrink-0 place-items-center rounded-sm text-ink-faint hover:bg-hover hover:text-ink"
                onPointerDown={(event) => event.stopPropagation()}
                onMouseDown={(event) => event.stopPropagation()}
                onClick={(event) => {
                  event.stopPropagation();
                  onClose(tab.id);
                }}
              >
                <X className="size-3.5" />
              </span>
            </Tab>
          ))}
        </TabList>
      </div>
      <div className="flex shrink-0 pb-0.5">
        <Button
          kind="quiet"
          size="icon"
          className="size-8"
          aria-label={t('newTab')}
          onPress={onNew}
        >
          <Plus aria-hidden className="size-4" />
        </Button>
        <Button
          kind="quiet"
          size="icon"
          className="size-8"
          aria-label={t('renameTab')}
          onPress={() => active && setRenaming(active)}
        >
          <Pencil aria-hidden className="size-3.5" />
        </Button>
        <Button
          kind="quiet"
          size="icon"
          className="size-8 sm:sr-only sm:focus:not-sr-only"
          aria-label={t('closeTab', active ? tabTitle(active) : '')}
          onPress={() => onClose(state.active)}
        >
          <X aria-hidden className="size-4" />
        </Button>
      </div>
      <Suspense>
        {' '}
        {renaming ? (
          <Rename
            tab={renaming}
            onClose={() => setRenaming(null)}
            onSave={(title) => onRename(renaming.id, title)}
          />
        ) : null}
      </Suspense>
    </div>
  );
}
