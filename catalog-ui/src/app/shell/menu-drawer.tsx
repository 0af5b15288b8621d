import { BookOpen } from 'lucide-react';
import type { Entry } from '@/app/shell/navigation';
import { Dialog } from '@/ui/dialog';
import { Link } from '@/ui/link';
import { t } from '@/words/shell';

/** Every entry, for narrow screens. */
export function MenuDrawer({
  entries,
  onClose,
}: {
  entries: readonly Entry[];
  onClose: () => void;
}) {
  return (
    <Dialog title={t('menu')} isOpen onClose={onClose} look="drawer" width="narrow">
      <ul className="flex flex-col gap-1">
        {entries.map((entry) => (
          <li key={entry.id}>
            <Link
              to={entry.to}
              look="bare"
              onPress={onClose}
              className="flex min-h-11 items-center gap-3 rounded-md px-2 text-lg data-hovered:bg-hover"
            >
              <entry.icon aria-hidden className="size-5 text-ink-soft" strokeWidth={1.75} />
              {t(entry.word)}
            </Link>
          </li>
        ))}
        <li>
          <Link
            to="/docs/$"
            params={{ _splat: '' }}
            look="bare"
            onPress={onClose}
            className="flex min-h-11 items-center gap-3 rounded-md px-2 text-lg data-hovered:bg-hover"
          >
            <BookOpen aria-hidden className="size-5 text-ink-soft" strokeWidth={1.75} />
            {t('docs')}
          </Link>
        </li>
      </ul>
    </Dialog>
  );
}
