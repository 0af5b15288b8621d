import { TooltipOn } from '@/ui/tooltip';
import { t } from '@/words/shell';

const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const utc = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  timeZone: 'UTC',
});
const relative = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `3 hours ago`, `in 2 days`, `now`. */
export function fromNow(instant: Date, now: Date): string {
  const seconds = (instant.getTime() - now.getTime()) / 1000;
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(0, 'second');
}

/** `2 h 10 min`, `3 d`, `45 s`: two units at most. */
export function formatDuration(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.length > 0 ? parts.join(' ') : '0 s';
}

export interface DateTimeProps {
  /** RFC 3339. */
  at: string | null | undefined;
  /** `ago` where it matters how long, `instant` where it matters when, `day` for days. */
  look?: 'ago' | 'instant' | 'day';
  missing?: string;
}

/** An instant in the person's own zone; hovering or focusing tells it in UTC. */
export function DateTime({ at, look = 'instant', missing = '–' }: DateTimeProps) {
  if (!at) return <span>{missing}</span>;
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return <span>{at}</span>;
  const local = look === 'day' ? day.format(instant) : absolute.format(instant);
  return (
    <TooltipOn
      className="whitespace-nowrap"
      text={
        <span className="block">
          {look === 'ago' ? <span className="block">{local}</span> : null}
          <span className="block">{t('utc', utc.format(instant))}</span>
        </span>
      }
    >
      <time dateTime={at}>{look === 'ago' ? fromNow(instant, new Date()) : local}</time>
    </TooltipOn>
  );
}
