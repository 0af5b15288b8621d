import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CornerDownLeft, Keyboard, Package, Search } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react';
import { Dialog as AriaDialog, Modal, ModalOverlay } from 'react-aria-components';
import type { SearchHit } from '@/api/search';
import type { Entry } from '@/app/shell/navigation';
import { themeLooks } from '@/app/shell/theme-menu';
import { quickSearchQuery } from '@/features/search/queries';
import { chooseTheme, themeChoices } from '@/theme/theme';
import { cx } from '@/ui/cx';
import { lastPart, productOf } from '@/ui/names';
import { t } from '@/words/shell';

interface Command {
  id: string;
  label: string;
  group: string;
  icon: ReactNode;
  run: () => void;
}

/** Pages that the rail leaves out. */
const morePages = [
  { id: 'connect', to: '/connect' },
  { id: 'explain', to: '/access/explain' },
  { id: 'roster', to: '/access/roster' },
  { id: 'me', to: '/me' },
  { id: 'docs', to: '/docs/$' },
  { id: 'apiReference', to: '/api' },
] as const;

export interface PaletteProps {
  entries: readonly Entry[];
  onClose: () => void;
  onSheet: () => void;
}

/** Where a hit leads. */
function placeOf(hit: SearchHit) {
  if (!hit.product) return { to: '/domains/$domain', params: { domain: hit.domain } } as const;
  const port = hit.port ? lastPart(hit.port) : undefined;
  return {
    to: '/p/$domain/$product',
    params: productOf(hit.product),
    search: port ? { tab: 'schema', port, col: hit.column ?? undefined } : {},
  } as const;
}

/** Every page and command by name, and what the catalog finds. A combobox with its listbox always open, after the ARIA pattern. */
export function Palette({ entries, onClose, onSheet }: PaletteProps) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);

  const commands = useMemo<Command[]>(
    () => [
      ...entries.map((entry) => ({
        id: entry.id,
        label: t(entry.word),
        group: t('pages'),
        icon: <entry.icon aria-hidden className="size-4" strokeWidth={1.75} />,
        run: () => void navigate({ to: entry.to }),
      })),
      ...morePages.map(({ id, to }) => ({
        id,
        label: t(id),
        group: t('pages'),
        icon: <CornerDownLeft aria-hidden className="size-4" strokeWidth={1.75} />,
        run: () => void navigate(to === '/docs/$' ? { to, params: { _splat: '' } } : { to }),
      })),
      ...themeChoices.map((choice) => {
        const Icon = themeLooks[choice].icon;
        return {
          id: `theme-${choice}`,
          label: t('themeNow', t(themeLooks[choice].word)),
          group: t('commands'),
          icon: <Icon aria-hidden className="size-4" strokeWidth={1.75} />,
          run: () => chooseTheme(choice),
        };
      }),
      {
        id: 'shortcuts',
        label: t('keyboardShortcuts'),
        group: t('commands'),
        icon: <Keyboard aria-hidden className="size-4" strokeWidth={1.75} />,
        run: onSheet,
      },
    ],
    [entries, navigate, onSheet],
  );

  const hits = useQuery(quickSearchQuery(text.trim())).data?.items ?? [];
  const wanted = text.trim().toLowerCase();
  const found = commands.filter((command) => command.label.toLowerCase().includes(wanted));
  const shown: Command[] = wanted
    ? [
        ...found,
        ...hits.map((hit) => ({
          id: `${hit.kind} ${hit.id}`.replaceAll(/[^\w.-]/g, '_'),
          label: hit.kind === 'person' ? (hit.title ?? hit.id) : hit.id,
          group: `${t('found')}: ${hit.kind}`,
          icon: <Package aria-hidden className="size-4" strokeWidth={1.75} />,
          run: () => void navigate(placeOf(hit)),
        })),
        {
          id: 'whole-catalog',
          label: t('paletteSearch', text.trim()),
          group: t('search'),
          icon: <Search aria-hidden className="size-4" strokeWidth={1.75} />,
          run: () => void navigate({ to: '/search', search: { q: text.trim() } }),
        },
      ]
    : found;
  const current = Math.min(at, shown.length - 1);

  const choose = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((current + step + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(shown[current]);
    }
  };

  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
      className="fixed inset-0 z-40 flex items-start justify-center bg-scrim p-3 pt-[12vh]"
    >
      <Modal className="animate-arrive w-full max-w-xl overflow-hidden rounded-xl border border-line bg-raised shadow-high">
        <AriaDialog aria-label={t('palette')} className="outline-none">
          <input
            autoFocus
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={shown[current] ? `palette-${shown[current].id}` : undefined}
            aria-label={t('palette')}
            placeholder={t('palettePlaceholder')}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
            data-quiet-focus
            className="h-12 w-full border-b border-line bg-transparent px-4 text-lg text-ink placeholder:text-ink-faint"
          />
          <ul
            id="palette-list"
            role="listbox"
            aria-label={t('palette')}
            className="max-h-[50vh] overflow-y-auto p-1.5"
          >
            {shown.map((command, index) => (
              <li
                key={command.id}
                id={`palette-${command.id}`}
                role="option"
                aria-selected={index === current}
                onClick={() => choose(command)}
                onMouseMove={() => setAt(index)}
                ref={(element) => {
                  if (index === current) element?.scrollIntoView({ block: 'nearest' });
                }}
                className={cx(
                  'flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-3 text-ink',
                  index === current && 'bg-accent-soft text-accent-ink',
                )}
              >
                <span className="text-ink-soft">{command.icon}</span>
                <span className="min-w-0 flex-1 truncate">{command.label}</span>
                <span className="text-xs text-ink-faint">{command.group}</span>
              </li>
            ))}
          </ul>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
