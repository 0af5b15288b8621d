import { type Explanation, placeOf } from '@/api/access';
import { SmallestChange } from '@/features/explain/smallest-change';
import { t } from '@/features/explain/words';
import { Badge, Status, type Tone } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { cx } from '@/ui/cx';
import { DateTime } from '@/ui/date-time';

const seen: Record<string, { word: string; tone: Tone }> = {
  clear: { word: t('clear'), tone: 'good' },
  readable: { word: t('readable'), tone: 'good' },
  masked: { word: t('masked'), tone: 'masked' },
  hidden: { word: t('hidden'), tone: 'hidden' },
  denied: { word: t('denied'), tone: 'bad' },
};

export interface AnswerProps {
  answer: Explanation;
  explainId?: string;
  /** About oneself: then a request can be made from here. */
  isOwn: boolean;
}

/** The answer in a sentence, then what it rests on, then what nearly changed it, then the least that would. */
export function Answer({ answer, explainId, isOwn }: AnswerProps) {
  const how = seen[answer.sees] ?? { word: answer.sees, tone: 'neutral' as const };
  return (
    <article
      data-card
      aria-label={answer.sentence}
      className="rounded-lg border border-line bg-surface shadow-low"
    >
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-5 py-4">
        <h2 className="min-w-0 flex-1 basis-72 text-xl font-semibold text-balance">
          {answer.sentence}
        </h2>
        <div className="flex flex-wrap items-center gap-1.5 pt-1">
          <Badge tone={how.tone}>{how.word}</Badge>
          {answer.hidesRows ? <Badge tone="masked">{t('filtered')}</Badge> : null}
          {typeof answer.percentOfRows === 'number' ? (
            <Badge>{t('percent', answer.percentOfRows)}</Badge>
          ) : null}
        </div>
      </header>
      {answer.recorded ? (
        <p className="border-b border-line bg-warn-soft px-5 py-2.5">
          <Status tone="warn">{t('recorded')}</Status>
        </p>
      ) : null}
      <div className="grid gap-x-8 gap-y-6 px-5 py-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <EvidenceChain answer={answer} />
        <div className="flex flex-col gap-6">
          <SmallestChange answer={answer} isOwn={isOwn} />
          {answer.recorded ? null : <NearMisses answer={answer} />}
        </div>
      </div>
      <footer className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-5 py-2.5 text-sm text-ink-soft">
        <span>
          {t('at')} <DateTime at={answer.at} />
        </span>
        <span>
          {t('underRevision')} <Code>{answer.policyRevision.slice(0, 7)}</Code>
        </span>
        <span>
          {t('grantsEpoch')} {answer.grantsEpoch}
        </span>
        {explainId ? (
          <span className="inline-flex min-w-0 items-center gap-1">
            {t('explainId')} <Code className="truncate">{explainId}</Code>
            <CopyButton iconOnly text={explainId} label={`${t('explainId')}: copy`} />
          </span>
        ) : null}
        <span className="ml-auto flex flex-wrap gap-2">
          <ButtonLink
            size="small"
            kind="quiet"
            to="/access/roster"
            search={{ what: answer.port, ...(answer.column ? { col: answer.column } : {}) }}
          >
            {t('roster')}
          </ButtonLink>
          <CopyButton text={() => window.location.href} label={t('copyLink')} />
        </span>
      </footer>
    </article>
  );
}

function EvidenceChain({ answer }: { answer: Explanation }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-medium text-ink-soft">{t('evidence')}</h3>
      <ol aria-label={t('evidenceLabel')} className="flex flex-col">
        {answer.evidence.map((link, at) => (
          <li
            key={at}
            className={cx(
              'grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 border-l-2 py-1.5 pl-2 sm:grid-cols-[1.25rem_5.5rem_minmax(0,1fr)]',
              link.decides ? 'border-l-accent bg-accent-soft' : 'border-l-line',
            )}
          >
            <span aria-hidden className="text-right text-sm text-ink-faint tabular-nums">
              {at + 1}
            </span>
            <span className="text-sm font-medium text-ink-soft">{kindInWords(link.kind)}</span>
            <div className="min-w-0 max-sm:col-start-2">
              <div className="font-mono text-sm break-words">{link.text}</div>
              <div className="flex flex-wrap gap-x-3 text-sm text-ink-soft">
                {placeOf(link) ? (
                  <span>
                    <Code className="break-all">{placeOf(link)}</Code>
                    {link.revision ? (
                      <Code className="whitespace-nowrap text-ink-faint!">
                        {` @ ${link.revision.slice(0, 7)}`}
                      </Code>
                    ) : null}
                  </span>
                ) : null}
                {link.decides ? (
                  <strong className="font-semibold text-accent-ink">← {t('decides')}</strong>
                ) : null}
              </div>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** `role` as `Role`. */
function kindInWords(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

function NearMisses({ answer }: { answer: Explanation }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-medium text-ink-soft">{t('near')}</h3>
      {answer.near.length === 0 ? (
        <p className="text-ink-soft">{t('noNear')}</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {answer.near.map((miss, at) => (
            <li key={at} className="rounded-md border border-line px-3 py-2">
              <div className="font-mono text-sm break-words">{miss.text}</div>
              <div className="text-sm text-ink-soft">
                {placeOf(miss) ? <Code className="break-all">{placeOf(miss)}</Code> : t('noFile')}{' '}
                {miss.would === 'unmask' ? t('wouldUnmask') : t('wouldRead')}
              </div>
              <ul className="mt-1 flex flex-wrap gap-x-3 text-sm">
                {miss.met.map((condition) => (
                  <li key={condition}>
                    <Status tone="good">
                      {condition} <span className="sr-only">({t('met')})</span>
                    </Status>
                  </li>
                ))}
                {miss.failed.map((condition) => (
                  <li key={condition}>
                    <Status tone="bad">
                      {condition} <span className="sr-only">({t('failed')})</span>
                    </Status>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
