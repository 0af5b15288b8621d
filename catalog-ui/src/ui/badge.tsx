import {
  AlertTriangle,
  Check,
  CircleSlash,
  Clock,
  Dot,
  EyeOff,
  Info,
  type LucideIcon,
  Minus,
  Plus,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '@/ui/cx';

export type Tone =
  | 'neutral'
  | 'accent'
  | 'good'
  | 'warn'
  | 'bad'
  | 'masked'
  | 'hidden'
  | 'waiting'
  | 'added'
  | 'removed'
  | 'info';

/** Every tone has its own mark, so that colour is never alone. */
const marks: Record<Tone, LucideIcon> = {
  neutral: Dot,
  accent: Dot,
  good: Check,
  warn: AlertTriangle,
  bad: X,
  masked: EyeOff,
  hidden: CircleSlash,
  waiting: Clock,
  added: Plus,
  removed: Minus,
  info: Info,
};

const soft: Record<Tone, string> = {
  neutral: 'bg-sunken text-ink-soft',
  accent: 'bg-accent-soft text-accent-ink',
  good: 'bg-good-soft text-good-ink',
  warn: 'bg-warn-soft text-warn-ink',
  bad: 'bg-bad-soft text-bad-ink',
  masked: 'bg-mask-soft text-mask-ink hatched',
  hidden: 'bg-sunken text-ink-soft border-dashed border-line-strong',
  waiting: 'bg-accent-soft text-accent-ink',
  added: 'bg-good-soft text-good-ink',
  removed: 'bg-bad-soft text-bad-ink line-through',
  info: 'bg-accent-soft text-accent-ink',
};

const inkOnly: Record<Tone, string> = {
  neutral: 'text-ink-soft',
  accent: 'text-accent-ink',
  good: 'text-good-ink',
  warn: 'text-warn-ink',
  bad: 'text-bad-ink',
  masked: 'text-mask-ink',
  hidden: 'text-ink-soft',
  waiting: 'text-accent-ink',
  added: 'text-good-ink',
  removed: 'text-bad-ink',
  info: 'text-accent-ink',
};

export interface BadgeProps {
  tone?: Tone;
  children: ReactNode;
  /** `plain` tones with words enough of their own may go without a mark; only `neutral` and `accent`. */
  mark?: boolean;
  className?: string;
}

/** A state in a word or two. */
export function Badge({ tone = 'neutral', children, mark, className }: BadgeProps) {
  const Mark = marks[tone];
  const shown = mark ?? (tone !== 'neutral' && tone !== 'accent');
  return (
    <span
      data-badge
      className={cx(
        'inline-flex min-h-5 max-w-full items-baseline gap-1 rounded-xl border border-transparent px-2 text-xs font-medium whitespace-nowrap',
        soft[tone],
        className,
      )}
    >
      {shown ? (
        <Mark aria-hidden className="size-3 shrink-0 self-center" strokeWidth={2.5} />
      ) : null}
      <span className="min-w-0 overflow-hidden text-ellipsis leading-5">{children}</span>
    </span>
  );
}

/** The same in running text and tables: the mark and the word, without a ground. */
export function Status({ tone = 'neutral', children, className }: BadgeProps) {
  const Mark = marks[tone];
  return (
    <span className={cx('inline-flex items-baseline gap-1.5', inkOnly[tone], className)}>
      <Mark aria-hidden className="size-3.5 shrink-0 self-center" strokeWidth={2.5} />
      <span>{children}</span>
    </span>
  );
}
