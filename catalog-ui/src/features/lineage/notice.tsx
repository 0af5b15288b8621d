import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Lineage } from '@/api/catalog';
import type { View } from '@/features/lineage/explorer';
import { t } from '@/features/lineage/words';
import { Button } from '@/ui/button';
import { counted } from '@/words/define';

export interface NoticeProps {
  lineage: Lineage;
  view: View;
  lit: ReadonlySet<string> | null;
  onView: (change: Partial<View>) => void;
  onExport: () => void;
}

/** How much is shown, what is dimmed and why, and what the lines mean. */
export function Notice({ lineage, view, lit, onView, onExport }: NoticeProps) {
  const columns = lineage.nodes.filter(({ level }) => level === 'column').length;
  const showAll = (change: Partial<View>) => (
    <Button size="small" onPress={() => onView(change)}>
      {t('showAll')}
    </Button>
  );
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-surface px-4 py-1 text-sm text-ink-soft">
      <span role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span>
          {counted(lineage.nodes.length, 'node')}, {counted(lineage.edges.length, 'edge')}
        </span>
        {lineage.complete ? null : <span className="text-warn-ink">{t('incomplete')}</span>}
        {view.column !== null && lineage.level === 'column' ? (
          <span className="font-medium text-ink">{t('showingColumn', columns, view.column)}</span>
        ) : view.broken && lit !== null ? (
          <span className="font-medium text-ink">
            {lit.size === 0 ? t('brokenNone') : t('showingBroken', lit.size)}
          </span>
        ) : null}
      </span>
      {view.column !== null && lineage.level === 'column' ? showAll({ column: null }) : null}
      {view.column === null && view.broken ? showAll({ broken: false }) : null}
      <span className="flex-1" />
      {view.look === 'graph' ? <Legend level={lineage.level} /> : null}
      <Button size="small" kind="quiet" onPress={onExport}>
        <Download aria-hidden className="size-3.5" />
        {t('exportCsv')}
      </Button>
    </div>
  );
}

function Legend({ level }: { level: string }) {
  return (
    <span className="flex flex-wrap gap-x-4 text-xs max-md:hidden">
      {level === 'column' ? (
        <>
          <Key dash="">{t('legendDirect')}</Key>
          <Key dash="2 4">{t('legendIndirect')}</Key>
        </>
      ) : (
        <Key dash="">{t('legendRead')}</Key>
      )}
      <Key dash="7 5">{t('legendDeclared')}</Key>
    </span>
  );
}

function Key({ dash, children }: { dash: string; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <svg aria-hidden="true" width="28" height="6">
        <line
          x1="0"
          y1="3"
          x2="28"
          y2="3"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeDasharray={dash}
        />
      </svg>
      {children}
    </span>
  );
}
