import { useMutation } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { api, read } from '@/api/client';
import { t } from '@/features/me/words';
import { Button, ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { DateTime } from '@/ui/date-time';
import { Select } from '@/ui/select';
import { ProblemView } from '@/ui/states/problem-view';

const lifetimes = [
  { id: '3600', label: t('hour') },
  { id: '14400', label: t('hours', 4) },
  { id: '28800', label: t('hours', 8) },
];

/** A token for clients without a browser: made here, shown once. */
export function Tokens() {
  const [seconds, setSeconds] = useState('3600');
  const [isShown, setShown] = useState(false);
  const making = useMutation({
    mutationFn: () => read(api.POST('/api/v1/tokens', { body: { seconds: Number(seconds) } })),
    onMutate: () => setShown(false),
  });
  const made = making.data;
  return (
    <Card
      title={t('tokens')}
      footer={
        <ButtonLink size="small" kind="quiet" to="/connect">
          {t('connect')}
        </ButtonLink>
      }
    >
      <p className="mb-3 max-w-prose text-ink-soft">{t('tokensHint')}</p>
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label={t('holdsFor')}
          options={lifetimes}
          value={seconds}
          onChange={setSeconds}
          className="w-40"
        />
        <Button kind="primary" isDisabled={making.isPending} onPress={() => making.mutate()}>
          {t('make')}
        </Button>
      </div>
      {making.isError ? (
        <div className="mt-4">
          <ProblemView small error={making.error} wasChange />
        </div>
      ) : null}
      {made ? (
        <div className="mt-4 rounded-md border border-line bg-sunken px-3 py-2.5">
          <div className="flex flex-wrap items-center gap-2">
            <h3 className="flex-1 font-medium">{t('made')}</h3>
            <Button
              size="small"
              kind="quiet"
              aria-expanded={isShown}
              onPress={() => setShown((now) => !now)}
            >
              {isShown ? (
                <EyeOff aria-hidden className="size-3.5" />
              ) : (
                <Eye aria-hidden className="size-3.5" />
              )}
              {t(isShown ? 'hide' : 'show')}
            </Button>
            <CopyButton kind="secondary" text={made.token} label={t('copyToken')} />
          </div>
          <p className="mt-1.5 break-all">
            {isShown ? <Code>{made.token}</Code> : <span>{t('hidden')}</span>}
          </p>
          <p className="mt-1.5 text-sm text-ink-soft">
            {t('ends')} <DateTime at={made.until} />. {t('useIt')} <Code>WEFT_TOKEN</Code>.
          </p>
        </div>
      ) : null}
    </Card>
  );
}
