import { type ReactNode, Suspense } from 'react';
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components';
import { cx } from '@/ui/cx';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { SkeletonRows } from '@/ui/states/skeleton';
import { t } from '@/words/shell';

export interface TabSpec<K extends string> {
  id: K;
  label: ReactNode;
  /** Rendered only while its tab is chosen. */
  content: () => ReactNode;
}

export interface TabsProps<K extends string> {
  label: string;
  tabs: readonly TabSpec<K>[];
  selected: K;
  onSelect: (tab: K) => void;
  /** The tabs of the page itself: `[` and `]` move among them. */
  ofPage?: boolean;
  className?: string;
}

export function Tabs<K extends string>({
  label,
  tabs,
  selected,
  onSelect,
  ofPage,
  className,
}: TabsProps<K>) {
  const step = (by: number) => {
    const at = tabs.findIndex((tab) => tab.id === selected);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (next) onSelect(next.id);
  };
  useShortcut('[', t('previousTab'), () => step(-1), { enabled: ofPage === true });
  useShortcut(']', t('nextTab'), () => step(1), { enabled: ofPage === true });

  return (
    <AriaTabs
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(key as K)}
      className={cx('flex min-w-0 flex-col', className)}
    >
      <TabList
        aria-label={label}
        className="flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line px-0.5 pt-0.5 [scrollbar-width:thin]"
      >
        {tabs.map((tab) => (
          <Tab
            key={tab.id}
            id={tab.id}
            className="-mb-px flex min-h-9 cursor-pointer items-center gap-1.5 rounded-t-md border-b-2 border-transparent px-3 text-base whitespace-nowrap text-ink-soft outline-offset-[-2px] data-hovered:text-ink data-selected:border-accent data-selected:font-medium data-selected:text-ink"
          >
            {tab.label}
          </Tab>
        ))}
      </TabList>
      {tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className="min-w-0 pt-5">
          {tab.id === selected ? (
            <Suspense fallback={<SkeletonRows />}>{tab.content()}</Suspense>
          ) : null}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
