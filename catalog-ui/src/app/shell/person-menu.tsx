import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleUser, Code2, Keyboard, LogOut, Plug } from 'lucide-react';
import { sessionQuery, signOut } from '@/api/session';
import { useSession } from '@/app/session';
import { themeActions } from '@/app/shell/theme-menu';
import { useThemeChoice } from '@/theme/theme';
import { Button } from '@/ui/button';
import { Menu } from '@/ui/menu';
import { showToast } from '@/ui/toast';
import { t } from '@/words/shell';

/** Who is signed in, and what concerns only them. */
export function PersonMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { me } = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const theme = useThemeChoice();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    onError: (error) => showToast({ tone: 'bad', title: error.message }),
  });
  const name = me.principal;
  return (
    <Menu
      label={t('person', name)}
      trigger={
        <Button kind="quiet" aria-label={t('person', name)} className="px-1.5! sm:px-2!">
          <span
            aria-hidden
            className="grid size-7 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent uppercase"
          >
            {name.slice(0, 1)}
          </span>
          <span className="max-w-32 truncate max-sm:hidden">{name}</span>
        </Button>
      }
      groups={[
        {
          title: t('signedInAs', name),
          actions: [
            {
              id: 'me',
              label: t('me'),
              hint: me.groups.join(', ') || undefined,
              icon: <CircleUser aria-hidden />,
              onAction: () => void navigate({ to: '/me' }),
            },
            {
              id: 'connect',
              label: t('connect'),
              icon: <Plug aria-hidden />,
              onAction: () => void navigate({ to: '/connect' }),
            },
            {
              id: 'api',
              label: t('apiReference'),
              icon: <Code2 aria-hidden />,
              onAction: () => void navigate({ to: '/api' }),
            },
            {
              id: 'shortcuts',
              label: t('keyboardShortcuts'),
              icon: <Keyboard aria-hidden />,
              onAction: onShortcuts,
            },
          ],
        },
        { title: t('theme'), actions: themeActions(theme) },
        {
          actions: [
            {
              id: 'sign-out',
              label: t('signOut'),
              icon: <LogOut aria-hidden />,
              onAction: () => leaving.mutate(),
            },
          ],
        },
      ]}
    />
  );
}
