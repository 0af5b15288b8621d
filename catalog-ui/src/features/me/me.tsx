import { useSyncExternalStore } from 'react';
import { useSession } from '@/app/session';
import { MyAccess } from '@/features/me/my-access';
import { Tokens } from '@/features/me/tokens';
import { t } from '@/features/me/words';
import { chooseTheme, type ThemeChoice, useThemeChoice } from '@/theme/theme';
import { Card } from '@/ui/card';
import { Switch } from '@/ui/checkbox';
import { Code } from '@/ui/code-block';
import { KeyValue } from '@/ui/key-value';
import { onShortcutsChange, setSingleKeys, singleKeysOn } from '@/ui/keyboard/shortcuts';
import { Link } from '@/ui/link';
import { RadioGroup } from '@/ui/radio-group';

/** Who somebody is to the mesh, what was granted to them, their tokens and how they like the catalog. */
export function Me() {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <MyAccess />
        <Tokens />
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <Identity />
        <Appearance />
        <Keyboard />
      </div>
    </div>
  );
}

function Identity() {
  const { me, pages } = useSession();
  return (
    <Card title={t('who')}>
      <KeyValue
        look="tight"
        rows={[
          [t('principal'), <strong key="p">{me.principal}</strong>],
          [t('kind'), me.kind],
          [t('groups'), me.groups.length > 0 ? me.groups.join(', ') : t('noGroups')],
          [t('pages'), [t('everyPage'), ...pages].join(', ')],
          [
            t('flight'),
            <Code key="f" className="break-all">
              {me.flight}
            </Code>,
          ],
        ]}
      />
    </Card>
  );
}

function Appearance() {
  const choice = useThemeChoice();
  return (
    <Card title={t('appearance')}>
      <RadioGroup<ThemeChoice>
        label={t('theme')}
        options={[
          { id: 'system', label: t('system'), hint: t('systemHint') },
          { id: 'light', label: t('light') },
          { id: 'dark', label: t('dark') },
          { id: 'contrast', label: t('contrast') },
        ]}
        value={choice}
        onChange={chooseTheme}
      />
    </Card>
  );
}

function Keyboard() {
  const on = useSyncExternalStore(onShortcutsChange, singleKeysOn);
  return (
    <Card title={t('keyboard')}>
      <Switch isSelected={on} onChange={setSingleKeys}>
        {t('singleKeys')}
      </Switch>
      <p className="mt-1 text-sm text-ink-soft">{t('singleKeysHint')}</p>
      <p className="mt-3 text-sm">
        <Link to="/docs/$" params={{ _splat: 'keyboard' }}>
          {t('allKeys')}
        </Link>
      </p>
    </Card>
  );
}
