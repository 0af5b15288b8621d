import { type LucideIcon, SearchX, ShieldQuestion, Sprout } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '@/ui/cx';

export interface EmptyProps {
  /** None exist, none match what was asked, or none that this person may see. */
  why: 'none' | 'no-match' | 'not-yours';
  title: string;
  detail?: ReactNode;
  /** The one next thing to do. */
  action?: ReactNode;
  small?: boolean;
}

const icons: Record<EmptyProps['why'], LucideIcon> = {
  none: Sprout,
  'no-match': SearchX,
  'not-yours': ShieldQuestion,
};

/** Says why there is nothing, and what to do about it. */
export function Empty({ why, title, detail, action, small }: EmptyProps) {
  const Icon = icons[why];
  return (
    <div
      data-state="empty"
      className={cx(
        'flex flex-col items-center text-center',
        small ? 'gap-1.5 px-4 py-5' : 'gap-2 px-6 py-12',
      )}
    >
      <Icon
        aria-hidden
        className={cx('text-ink-faint', small ? 'size-5' : 'size-7')}
        strokeWidth={1.5}
      />
      <p className={cx('font-medium text-ink', small ? 'text-base' : 'text-lg')}>{title}</p>
      {detail ? <div className="max-w-prose text-ink-soft">{detail}</div> : null}
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
