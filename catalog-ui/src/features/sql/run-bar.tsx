import { useQueries, useQuery } from '@tanstack/react-query';
import { ChevronDown, Play, Square, X } from 'lucide-react';
import { useState } from 'react';
import { Input, TextField } from 'react-aria-components';
import { productQuery, productsQuery } from '@/api/catalog';
import { useSession } from '@/app/session';
import { productsIn } from '@/features/sql/statement';
import { limits, type SqlTab } from '@/features/sql/tabs';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { readableKeys } from '@/ui/keyboard/shortcuts';
import { Menu } from '@/ui/menu';
import { Tooltip } from '@/ui/tooltip';

export interface RunBarProps {
  tab: SqlTab;
  running: boolean;
  onChange: (change: Partial<SqlTab>) => void;
  onRun: () => void;
  onCancel: () => void;
}

/** As whom, for what, how many rows, of when, and the button that runs it. */
export function RunBar({ tab, running, onChange, onRun, onCancel }: RunBarProps) {
  const { me } = useSession();
  const purposes = usePurposes(tab.sql);
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <span className="text-sm text-ink-soft max-sm:hidden">{t('runsAs', me.principal)}</span>
      <Purpose
        value={tab.purpose}
        offers={purposes}
        onChange={(purpose) => onChange({ purpose })}
      />
      <Menu
        label={t('limit')}
        trigger={
          <Button kind="quiet" aria-label={`${t('limit')}: ${t('limitOf', tab.limit)}`}>
            {t('limitOf', tab.limit)}
            <ChevronDown aria-hidden className="size-4" />
          </Button>
        }
        groups={[
          {
            title: t('limit'),
            actions: limits.map((limit) => ({
              id: String(limit),
              label: t('limitOf', limit),
              onAction: () => onChange({ limit }),
            })),
          },
        ]}
      />
      <AsOf value={tab.asOf} onChange={(asOf) => onChange({ asOf })} />
      <span className="flex-1" />
      {running ? (
        <Button onPress={onCancel}>
          <Square aria-hidden className="size-3.5" />
          {t('cancel')}
        </Button>
      ) : (
        <Button kind="primary" onPress={onRun} isDisabled={tab.sql.trim() === ''}>
          <Play aria-hidden className="size-3.5" />
          {t('run')}
          <kbd aria-hidden className="border-transparent bg-transparent text-inherit">
            {readableKeys('mod+enter').join(' ')}
          </kbd>
        </Button>
      )}
    </div>
  );
}

interface PurposeProps {
  value: string;
  offers: readonly { id: string; hint: string }[];
  onChange: (purpose: string) => void;
}

/** One of those that the products of the statement allow, or one in words of one's own. */
function Purpose({ value, offers, onChange }: PurposeProps) {
  const [writing, setWriting] = useState(false);
  if (writing) {
    return (
      <TextField
        aria-label={t('purpose')}
        autoFocus
        defaultValue={value}
        onBlur={(event) => {
          onChange((event.target as HTMLInputElement).value.trim());
          setWriting(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'Escape') (event.target as HTMLElement).blur();
          else event.continuePropagation();
        }}
      >
        <Input
          placeholder={t('purposeNone')}
          title={t('purposeHint')}
          className="min-h-9 w-44 rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink placeholder:text-ink-faint"
        />
      </TextField>
    );
  }
  return (
    <Menu
      label={t('purpose')}
      trigger={
        <Button kind="quiet" aria-label={`${t('purpose')}: ${value || t('purposeNone')}`}>
          <span className="max-w-48 truncate">
            {value === '' ? t('purposeNone') : t('purposeIs', value)}
          </span>
          <ChevronDown aria-hidden className="size-4" />
        </Button>
      }
      groups={[
        {
          title: t('purposeHint'),
          actions: [
            ...offers.map(({ id, hint }) => ({
              id: `of-${id}`,
              label: id,
              hint,
              onAction: () => onChange(id),
            })),
            { id: 'none', label: t('purposeNone'), onAction: () => onChange('') },
            { id: 'own', label: t('purposeOwn'), onAction: () => setWriting(true) },
          ],
        },
      ]}
    />
  );
}

/** An instant in the person's own zone; until somebody wants one, only the word that it is now. */
function AsOf({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [wanted, setWanted] = useState(false);
  if (value === '' && !wanted) {
    return (
      <Tooltip text={t('asOfHint')}>
        <Button kind="quiet" onPress={() => setWanted(true)}>
          {t('asOfAt', t('asOfNow'))}
        </Button>
      </Tooltip>
    );
  }
  return (
    <span className="flex items-center gap-1">
      <TextField
        type="datetime-local"
        autoFocus={wanted}
        value={localOf(value)}
        onChange={(text) => {
          const date = new Date(text);
          onChange(text === '' || Number.isNaN(date.getTime()) ? '' : date.toISOString());
        }}
        aria-label={t('asOf')}
      >
        <Input
          step={1}
          title={t('asOfHint')}
          className="min-h-9 rounded-md border border-line-strong bg-surface px-2 text-sm text-ink"
        />
      </TextField>
      <Button
        kind="quiet"
        size="icon"
        className="size-8"
        aria-label={t('asOfClear')}
        onPress={() => {
          setWanted(false);
          onChange('');
        }}
      >
        <X aria-hidden className="size-4" />
      </Button>
    </span>
  );
}

/** RFC 3339 as the field wants it: local time, without a zone. */
function localOf(instant: string): string {
  const date = new Date(instant);
  if (instant === '' || Number.isNaN(date.getTime())) return '';
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What the products of the statement allow. */
function usePurposes(sql: string) {
  const { data: known } = useQuery(productsQuery);
  // Half a name is no product: only those that are there are asked for.
  const products = productsIn(sql)
    .filter((name) => known?.some((product) => product.name === name))
    .slice(0, 8);
  const asked = useQueries({
    queries: products.map((name) => ({ ...productQuery(name), retry: false })),
  });
  const found = new Map<string, string>();
  asked.forEach(({ data }, at) => {
    for (const purpose of data?.purposes ?? []) {
      if (!found.has(purpose)) found.set(purpose, products[at] ?? '');
    }
  });
  return [...found].map(([id, product]) => ({
    id,
    label: id,
    hint: t('purposeOfProduct', product),
  }));
}
