import { useEffect, useRef } from 'react';
import { NowLive } from '@/features/publish/now-live';
import { type RevisionStory, revisionQuery } from '@/features/publish/queries';
import { formatMs, outcomes, tookMs } from '@/features/publish/states';
import { StoryStep } from '@/features/publish/story-step';
import { t } from '@/features/publish/words';
import { announce } from '@/ui/announce';
import { Badge, Status } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { cx } from '@/ui/cx';
import { DateTime } from '@/ui/date-time';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';

/** One commit on its way to what readers see, as it happens. */
export function Commit({ sha }: { sha: string }) {
  return (
    <Loaded query={revisionQuery(sha)} what={t('revision')} skeleton={<SkeletonRows rows={8} />}>
      {(story) =>
        story ? (
          <Story story={story} />
        ) : (
          <Empty
            why="not-yours"
            title={t('unknown')}
            detail={t('unknownDetail')}
            action={<ButtonLink to="/publish">{t('toList')}</ButtonLink>}
          />
        )
      }
    </Loaded>
  );
}

const banners: Record<string, string> = {
  good: 'border-l-good-mark',
  warn: 'border-l-warn-mark',
  bad: 'border-l-bad-mark',
  waiting: 'border-l-accent',
};

function Story({ story }: { story: RevisionStory }) {
  useOutcomeAnnounced(story);
  const outcome = outcomes[story.state] ?? { word: story.state, tone: 'neutral' as const };
  const newest = story.runs[0];
  const took = tookMs(newest?.startedAt, newest?.endedAt);
  return (
    <div className="flex flex-col gap-5">
      <div
        data-outcome={story.state}
        className={cx(
          'rounded-lg border border-line border-l-4 bg-surface px-5 py-4 shadow-low',
          banners[outcome.tone],
        )}
      >
        <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
          <p className="min-w-0 flex-1 basis-64 text-lg font-semibold">{story.sentence}</p>
          <Badge tone={outcome.tone}>
            {story.state === 'live' && took !== null ? t('liveIn', formatMs(took)) : outcome.word}
          </Badge>
        </div>
        <p className="mt-1.5 flex flex-wrap gap-x-4 text-sm text-ink-soft">
          {story.author ? <span>{t('by', story.author)}</span> : null}
          {story.committedAt ? <DateTime at={story.committedAt} /> : null}
          {story.signature ? <span>{t('signed', story.signature)}</span> : null}
          {story.state === 'running' ? <span>{t('following')}</span> : null}
        </p>
      </div>
      {story.state === 'live' || story.state === 'partial' ? <NowLive story={story} /> : null}
      <section aria-label={t('way')}>
        <ol className="flex flex-col">
          {story.steps.map((step, at) => (
            <StoryStep
              key={step.name}
              step={step}
              isLast={at === story.steps.length - 1}
              sha={story.revision}
            />
          ))}
        </ol>
      </section>
      {story.runs.length > 1 ? <Attempts story={story} /> : null}
    </div>
  );
}

/** Tells the end of what somebody watched to those who do not see the page change. */
function useOutcomeAnnounced(story: RevisionStory) {
  const before = useRef(story.state);
  useEffect(() => {
    if (before.current === story.state) return;
    before.current = story.state;
    const sha = story.revision.slice(0, 7);
    if (story.state === 'live') announce(t('nowLive', sha));
    else if (story.state !== 'running') announce(t('nowEnded', sha, story.state), 'assertive');
  }, [story]);
}

function Attempts({ story }: { story: RevisionStory }) {
  return (
    <Card title={t('runsOf')}>
      <ul className="flex flex-col gap-1.5">
        {story.runs.map((run) => {
          const outcome = outcomes[run.status] ?? { word: run.status, tone: 'neutral' as const };
          const ms = tookMs(run.startedAt, run.endedAt);
          return (
            <li key={run.id} className="flex flex-wrap gap-x-4">
              <DateTime at={run.startedAt} />
              <Status tone={outcome.tone}>{outcome.word}</Status>
              {ms === null ? null : <span className="text-ink-soft">{formatMs(ms)}</span>}
              <Code className="text-ink-faint">{run.id}</Code>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
