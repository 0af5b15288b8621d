import { useEffect, useRef, useState } from 'react';
import { probe, type Step, stepsOf } from '@/features/connect/probe';
import { t } from '@/features/connect/words';
import { announce } from '@/ui/announce';
import { Status, type Tone } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { ProblemView } from '@/ui/states/problem-view';
import { useStale } from '@/ui/states/stale';

const tones: Record<Step['state'], Tone> = {
  waiting: 'neutral',
  running: 'waiting',
  passed: 'good',
  failed: 'bad',
  skipped: 'hidden',
};

/** Goes the way a client goes, step by step, and says how long each took. */
export function TestCard({ port }: { port: string | null }) {
  const [steps, setSteps] = useState<Step[] | null>(null);
  const [running, setRunning] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const stale = useStale();
  useEffect(() => () => abort.current?.abort(), []);

  const run = async () => {
    const mine = new AbortController();
    abort.current?.abort();
    abort.current = mine;
    setRunning(true);
    setSteps(stepsOf(port));
    try {
      const ended = await probe(port, setSteps, mine.signal);
      const failed = ended.find(({ state }) => state === 'failed');
      announce(failed ? t('testFailed', failed.label) : t('testPassed'));
    } catch {
      // Aborted because the page went or another test began.
    } finally {
      if (abort.current === mine) setRunning(false);
    }
  };

  return (
    <Card title={t('test')}>
      <p className="max-w-prose text-sm text-ink-soft">{t('testLead')}</p>
      <Button className="mt-3" onPress={() => void run()} isDisabled={running || stale}>
        {t(running ? 'testRunning' : steps === null ? 'testRun' : 'testAgain')}
      </Button>
      {steps === null ? null : (
        <ol className="mt-3 flex flex-col gap-2 text-sm">
          {steps.map((step) => (
            <li key={step.id}>
              <div className="flex flex-wrap items-baseline gap-x-3">
                <Status tone={tones[step.state]} className="min-w-0">
                  {step.label}
                </Status>
                <span className="text-ink-soft">{saidOf(step)}</span>
              </div>
              {step.problem ? (
                <div className="mt-2">
                  <ProblemView error={step.problem} small />
                </div>
              ) : null}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function saidOf({ state, milliseconds, detail }: Step): string {
  if (state === 'waiting' || state === 'running') return t('stepWaiting');
  if (state === 'skipped') return t('stepSkipped');
  const time = t('milliseconds', milliseconds ?? 0);
  return detail === null ? time : `${time} · ${detail}`;
}
