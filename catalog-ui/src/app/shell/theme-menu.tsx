import { Contrast, Monitor, Moon, Sun } from 'lucide-react';
import { chooseTheme, type ThemeChoice, themeChoices, useThemeChoice } from '@/theme/theme';
import { Button } from '@/ui/button';
import { Menu } from '@/ui/menu';
import { t } from '@/words/shell';

export const themeLooks = {
  system: { word: 'themeSystem', icon: Monitor },
  light: { word: 'themeLight', icon: Sun },
  dark: { word: 'themeDark', icon: Moon },
  contrast: { word: 'themeContrast', icon: Contrast },
} as const satisfies Record<ThemeChoice, unknown>;

export function ThemeMenu() {
  const choice = useThemeChoice();
  const Icon = themeLooks[choice].icon;
  return (
    <Menu
      label={t('theme')}
      trigger={
        <Button
          kind="quiet"
          size="icon"
          aria-label={t('themeNow', t(themeLooks[choice].word))}
          className="max-sm:hidden"
        >
          <Icon aria-hidden className="size-4.5" strokeWidth={1.75} />
        </Button>
      }
      groups={[{ title: t('theme'), actions: themeActions(choice) }]}
    />
  );
}

export function themeActions(chosen: ThemeChoice) {
  return themeChoices.map((choice) => {
    const { word, icon: Icon } = themeLooks[choice];
    return {
      id: `theme-${choice}`,
      label: choice === chosen ? `${t(word)} ✓` : t(word),
      icon: <Icon aria-hidden />,
      onAction: () => chooseTheme(choice),
    };
  });
}
