import { createContext, useContext } from 'react';
import { Status } from '@/ui/badge';
import { Button } from '@/ui/button';
import { t } from '@/words/shell';

/** True below data that is older than the server's: what would change something must be off. */
export const StaleContext = createContext(false);

export function useStale(): boolean {
  return useContext(StaleContext);
}

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** A quiet banner above data that could not be refreshed. */
export function Stale({ since, onRetry }: { since: number; onRetry?: () => void }) {
  return (
    <div
      role="status"
      data-state="stale"
      className="mb-4 flex flex-wrap items-center gap-3 rounded-md border border-line bg-warn-soft px-4 py-2"
    >
      <Status tone="warn" className="min-w-0 flex-1">
        {t('stale', time.format(since))}
      </Status>
      {onRetry ? (
        <Button size="small" onPress={onRetry}>
          {t('retry')}
        </Button>
      ) : null}
    </div>
  );
}
