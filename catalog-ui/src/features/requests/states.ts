import type { AccessRequest } from '@/api/requests';
import { t } from '@/features/requests/words';
import type { Tone } from '@/ui/badge';

export const states: Record<string, { word: string; tone: Tone }> = {
  requested: { word: t('stateRequested'), tone: 'waiting' },
  approved: { word: t('stateApproved'), tone: 'good' },
  declined: { word: t('stateDeclined'), tone: 'bad' },
  withdrawn: { word: t('stateWithdrawn'), tone: 'neutral' },
  revoked: { word: t('stateRevoked'), tone: 'warn' },
  expired: { word: t('stateExpired'), tone: 'neutral' },
};

export type TabName = 'decide' | 'mine' | 'decided';

export interface Sorted {
  decide: AccessRequest[];
  mine: AccessRequest[];
  /** Of others, and not for this person to decide: first what still waits for somebody. */
  waiting: AccessRequest[];
  decided: AccessRequest[];
}

/** Which requests stand on which tab, for the principal written as policies do: `user:dana`. */
export function sorted(requests: readonly AccessRequest[], subject: string): Sorted {
  const found: Sorted = { decide: [], mine: [], waiting: [], decided: [] };
  for (const request of requests) {
    if (request.can.includes('approve')) found.decide.push(request);
    else if (request.asker === subject) found.mine.push(request);
    else if (request.state === 'requested') found.waiting.push(request);
    else found.decided.push(request);
  }
  return found;
}

/** `2027-02-24`, as a field for days wants it. */
export function dayOf(instant: Date | string): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** The end of that day in UTC, so that the day that somebody names is still in. */
export function endOfDay(day: string): string {
  return `${day}T23:59:59Z`;
}

export function inDays(days: number, now = new Date()): string {
  return dayOf(new Date(now.getTime() + days * 86_400_000));
}
