import { useSyncExternalStore } from 'react';
import { t } from '@/features/docs/words';
import { onShortcutsChange, readableKeys, shortcuts } from '@/ui/keyboard/shortcuts';
import { Link } from '@/ui/link';
import { Table } from '@/ui/table';
import { t as shell } from '@/words/shell';

/** Keys that belong to the things on a page, beside those that the shell has registered. */
const ofThings: readonly { keys: string; label: string }[] = [
  { keys: 'j k', label: shell('moveInLists') },
  { keys: 'enter', label: shell('openItem') },
  { keys: 'escape', label: shell('back') },
  { keys: '[ ]', label: `${shell('previousTab')}, ${shell('nextTab').toLowerCase()}` },
  { keys: 'mod+enter', label: 'Run what the editor holds' },
];

/** All keys, from the same register that the sheet behind `?` shows. */
export function KeyboardHelp() {
  const registered = useSyncExternalStore(onShortcutsChange, shortcuts);
  const known = new Map(ofThings.map((one) => [one.keys, one.label]));
  for (const { keys, label } of registered) known.set(keys, label);
  const rows = [...known].map(([keys, label]) => ({ keys, label }));
  return (
    <div className="max-w-3xl">
      <div data-card className="rounded-lg border border-line bg-surface shadow-low">
        <Table
          dense
          label={t('keyboard')}
          rows={rows}
          rowKey={(row) => row.keys}
          columns={[
            {
              id: 'keys',
              title: t('keys'),
              isRowHeader: true,
              className: 'w-40 whitespace-nowrap',
              cell: (row) => (
                <span className="flex gap-1">
                  {readableKeys(row.keys).map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </span>
              ),
            },
            { id: 'does', title: t('does'), cell: (row) => row.label },
          ]}
        />
      </div>
      <p className="mt-3 text-ink-soft">
        {t('singleKeys')} <Link to="/me">{t('settings')}</Link>.
      </p>
    </div>
  );
}
