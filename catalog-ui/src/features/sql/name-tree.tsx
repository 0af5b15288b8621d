import { useQueries } from '@tanstack/react-query';
import { ChevronRight, CircleSlash, EyeOff, Lock, Play } from 'lucide-react';
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import {
  Button as AriaButton,
  Collection,
  Tree,
  TreeItem,
  TreeItemContent,
} from 'react-aria-components';
import { type Column, type ProductSummary, portQuery, productsQuery } from '@/api/catalog';
import { type Branch, branchesOf } from '@/features/sql/branches';
import { identifier } from '@/features/sql/statement';
import { t } from '@/features/sql/words';
import { cx } from '@/ui/cx';
import { SearchField } from '@/ui/search-field';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';

export interface NameTreeProps {
  onInsert: (text: string) => void;
  onStart: (port: string) => void;
}

/** Domains, products, ports and columns that this person may name. Enter opens a branch, or writes a column. */
export function NameTree({ onInsert, onStart }: NameTreeProps) {
  return (
    <Loaded query={productsQuery} what={t('loadingNames')} small>
      {(products) =>
        products.length === 0 ? (
          <Empty why="none" small title={t('treeEmpty')} detail={t('treeEmptyDetail')} />
        ) : (
          <Names products={products} onInsert={onInsert} onStart={onStart} />
        )
      }
    </Loaded>
  );
}

function Names({ products, onInsert, onStart }: NameTreeProps & { products: ProductSummary[] }) {
  const [filter, setFilter] = useState('');
  const wanted = useDeferredValue(filter.trim().toLowerCase());
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(products.length <= 20 ? products.flatMap(aboveOf) : []),
  );
  const ports = useMemo(() => [...open].filter((name) => name.split('.').length === 3), [open]);
  const asked = useQueries({ queries: ports.map((port) => portQuery(port)) });
  const columns = new Map<string, readonly Column[]>();
  ports.forEach((port, at) => {
    const found = asked[at]?.data?.columns;
    if (found) columns.set(port, found);
  });
  const branches = branchesOf(products, columns, wanted);
  const shown = wanted === '' ? open : new Set([...open, ...branches.flatMap(opening)]);

  const toggle = (id: string) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <SearchField
        aria-label={t('filterTree')}
        placeholder={t('filterTree')}
        value={filter}
        onChange={setFilter}
      />
      {branches.length === 0 ? (
        <Empty why="no-match" small title={t('treeNoMatch', filter)} />
      ) : (
        <Tree
          aria-label={t('tree')}
          items={branches}
          dependencies={[asked, onStart]}
          expandedKeys={shown}
          onExpandedChange={(keys) => setOpen(new Set([...keys].map(String)))}
          onAction={(key) => {
            const id = String(key);
            const parts = id.split('.');
            if (parts.length > 3) onInsert(identifier(parts.slice(3).join('.')));
            else toggle(id);
          }}
          className="min-h-0 flex-1 overflow-auto outline-none"
        >
          {function row(branch: Branch): ReactNode {
            return <BranchRow key={branch.id} branch={branch} onStart={onStart} row={row} />;
          }}
        </Tree>
      )}
    </div>
  );
}

/** Small meshes show their ports at once. */
function aboveOf({ name }: ProductSummary): string[] {
  return [name.split('.')[0] ?? '', name];
}

/** Everything above a match is opened, so that it is seen. */
function opening(branch: Branch): string[] {
  if (branch.kind !== 'domain' && branch.kind !== 'product') return [];
  return [branch.id, ...branch.children.flatMap(opening)];
}

interface BranchRowProps {
  branch: Branch;
  onStart: (port: string) => void;
  row: (branch: Branch) => ReactNode;
}

function BranchRow({ branch, onStart, row }: BranchRowProps) {
  const { column } = branch;
  const hint = column?.sees === 'masked' ? t('seesMasked', column.mask ?? '') : undefined;
  return (
    <TreeItem
      id={branch.id}
      textValue={branch.label}
      hasChildItems={branch.kind !== 'column'}
      className="cursor-pointer rounded-md outline-offset-[-2px] data-hovered:bg-hover"
    >
      <TreeItemContent>
        {({ isExpanded, level, hasChildItems }) => (
          <span
            className="flex min-h-7 items-center gap-1 pr-1 text-sm"
            style={{ paddingLeft: `${(level - 1) * 0.875}rem` }}
          >
            {hasChildItems ? (
              <AriaButton
                slot="chevron"
                className="grid size-6 shrink-0 cursor-pointer place-items-center rounded-sm text-ink-faint"
              >
                <ChevronRight
                  aria-hidden
                  className={cx('size-3.5 transition-transform', isExpanded && 'rotate-90')}
                />
              </AriaButton>
            ) : (
              <span className="w-6 shrink-0" />
            )}
            <span
              className={cx(
                'min-w-0 truncate',
                branch.kind === 'column' && 'font-mono text-[0.93em]',
                branch.kind === 'port' && 'font-medium',
                branch.kind === 'domain' && 'text-ink-soft',
                column?.sees === 'hidden' && 'text-ink-faint line-through',
              )}
              title={column?.description || undefined}
            >
              {branch.label}
            </span>
            <Seen branch={branch} hint={hint} />
            {column ? (
              <span className="ml-auto truncate pl-2 text-xs text-ink-faint">{column.type}</span>
            ) : null}
            {branch.kind === 'port' && branch.readable ? (
              <AriaButton
                aria-label={t('starterFor', branch.id)}
                onPress={() => onStart(branch.id)}
                className="ml-auto grid size-6 shrink-0 cursor-pointer place-items-center rounded-sm text-ink-faint data-hovered:bg-accent-soft data-hovered:text-accent-ink"
              >
                <Play aria-hidden className="size-3.5" />
              </AriaButton>
            ) : null}
          </span>
        )}
      </TreeItemContent>
      <Collection items={branch.children}>{row}</Collection>
    </TreeItem>
  );
}

/** A mark and its word, for screen readers and on hovering. */
function Seen({ branch, hint }: { branch: Branch; hint?: string }) {
  if (branch.kind === 'port' && !branch.readable) {
    return (
      <span className="inline-flex items-center gap-1 text-xs text-ink-faint">
        <Lock aria-hidden className="size-3" />
        {t('treeNoAccess')}
      </span>
    );
  }
  if (branch.column?.sees === 'masked') {
    return (
      <span
        title={hint}
        className="hatched inline-flex items-center gap-1 rounded-sm px-1 text-xs text-mask-ink"
      >
        <EyeOff aria-hidden className="size-3" />
        {t('masked')}
      </span>
    );
  }
  if (branch.column?.sees === 'hidden') {
    return (
      <span
        title={t('seesHidden')}
        className="inline-flex items-center gap-1 text-xs text-ink-faint"
      >
        <CircleSlash aria-hidden className="size-3" />
        {t('hidden')}
      </span>
    );
  }
  return null;
}
