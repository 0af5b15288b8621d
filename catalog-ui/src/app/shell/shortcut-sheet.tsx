import { useSyncExternalStore } from 'react';
import { Switch } from '@/ui/checkbox';
import { Dialog } from '@/ui/dialog';
import {
  onShortcutsChange,
  readableKeys,
  type Shortcut,
  setSingleKeys,
  shortcuts,
  singleKeysOn,
} from '@/ui/keyboard/shortcuts';
import { t } from '@/words/shell';

/** Every key that does something here, and the switch for single keys. */
export function ShortcutSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const all = useSyncExternalStore(onShortcutsChange, shortcuts);
  const single = useSyncExternalStore(onShortcutsChange, singleKeysOn);
  const here = all.filter((shortcut) => shortcut.scope === 'here');
  return (
    <Dialog title={t('keyboardShortcuts')} isOpen={isOpen} onClose={onClose} width="medium">
      <div className="flex flex-col gap-5">
        {here.length > 0 ? <Keys title={t('shortcutsHere')} shortcuts={here} /> : null}
        <Keys
          title={t('shortcutsEverywhere')}
          shortcuts={all.filter((shortcut) => shortcut.scope === 'everywhere')}
        />
        <div className="border-t border-line pt-4">
          <Switch isSelected={single} onChange={setSingleKeys}>
            {t('shortcutsToggle')}
          </Switch>
          <p className="mt-1 text-sm text-ink-soft">{t('shortcutsToggleHint')}</p>
        </div>
      </div>
    </Dialog>
  );
}

function Keys({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-medium text-ink-soft">{title}</h3>
      <dl className="grid gap-x-8 gap-y-1.5 sm:grid-cols-2">
        {shortcuts.map((shortcut) => (
          <div key={`${shortcut.keys} ${shortcut.label}`} className="flex items-baseline gap-3">
            <dt className="min-w-0 flex-1">{shortcut.label}</dt>
            <dd className="flex gap-1 whitespace-nowrap">
              {readableKeys(shortcut.keys).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
