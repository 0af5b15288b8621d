import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { makeToken } from '@/api/catalog';
import { exported } from '@/features/connect/with-token';
import { t } from '@/features/connect/words';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { DateTime } from '@/ui/date-time';
import { RadioGroup } from '@/ui/radio-group';
import { ProblemView } from '@/ui/states/problem-view';
import { useStale } from '@/ui/states/stale';

const hour = 3600;

/** Makes a token when somebody asks for one. It is never on screen: only the clipboard gets it. */
export function TokenCard() {
  const [lifetime, setLifetime] = useState<'hour' | 'day'>('hour');
  const stale = useStale();
  const made = useMutation({ mutationFn: () => makeToken(lifetime === 'hour' ? hour : 8 * hour) });
  return (
    <Card title={t('token')}>
      <p className="max-w-prose text-sm text-ink-soft">{t('tokenLead')}</p>
      <div className="mt-3 flex flex-wrap items-end gap-3">
        <RadioGroup
          label={t('tokenFor')}
          look="segments"
          value={lifetime}
          onChange={setLifetime}
          options={[
            { id: 'hour', label: t('tokenHour') },
            { id: 'day', label: t('tokenDay') },
          ]}
        />
        <Button onPress={() => made.mutate()} isDisabled={made.isPending || stale}>
          {t(made.data ? 'tokenAgain' : 'tokenMake')}
        </Button>
      </div>
      <div role="status">
        {made.data ? (
          <div className="mt-3 flex flex-col gap-2 rounded-md border border-line bg-sunken px-3 py-2.5">
            <Code>
              WEFT_TOKEN=<span aria-hidden>••••••••••••••••</span>
            </Code>
            <p className="text-sm text-ink-soft">
              {t('tokenIs')} {t('tokenUntil')} <DateTime at={made.data.until} look="ago" />.
            </p>
            <div className="flex flex-wrap gap-2">
              <CopyButton kind="secondary" label={t('tokenCopy')} text={made.data.token} />
              <CopyButton
                kind="secondary"
                label={t('tokenExport')}
                text={exported(made.data.token)}
              />
            </div>
          </div>
        ) : null}
      </div>
      {made.isError ? (
        <div className="mt-3">
          <ProblemView error={made.error} small wasChange onRetry={() => made.mutate()} />
        </div>
      ) : null}
    </Card>
  );
}
