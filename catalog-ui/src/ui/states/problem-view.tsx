import { OctagonAlert } from 'lucide-react';
import { asProblem } from '@/api/problem';
import { Button, ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { cx } from '@/ui/cx';
import { Link } from '@/ui/link';
import { Prose } from '@/ui/prose';
import { t } from '@/words/shell';

export interface ProblemViewProps {
  error: unknown;
  /** Given only where doing it again can help. */
  onRetry?: () => void;
  /** The call was one that changes something. */
  wasChange?: boolean;
  small?: boolean;
}

function headline(error: ReturnType<typeof asProblem>): { title: string; detail?: string } {
  const { problem } = error;
  if (error.unreachable) return { title: t('offlineTitle'), detail: t('offlineDetail') };
  if (problem.status === -1) {
    return { title: t('unexpectedTitle'), detail: `${t('unexpectedDetail')} (${problem.detail})` };
  }
  if (error.notFound && !problem.detail) {
    return { title: t('notFoundTitle'), detail: t('notFoundDetail') };
  }
  const title = problem.title.charAt(0).toUpperCase() + problem.title.slice(1);
  return { title, detail: problem.detail };
}

/** What failed, whether anything was changed, what to do, and the ids to ask about it with. */
export function ProblemView({ error, onRetry, wasChange, small }: ProblemViewProps) {
  const known = asProblem(error);
  const { problem } = known;
  const { title, detail } = headline(known);
  const unsure =
    wasChange && (known.unreachable || problem.status >= 500) && problem.changed !== false;
  return (
    <div
      role="alert"
      data-state="problem"
      className={cx(
        'rounded-lg border border-line border-l-4 border-l-bad-mark bg-surface',
        small ? 'px-3 py-2.5' : 'px-5 py-4',
      )}
    >
      <div className="flex items-start gap-2.5">
        <OctagonAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad-mark" />
        <div className="min-w-0 flex-1">
          <p className={cx('font-semibold text-ink', !small && 'text-lg')}>{title}</p>
          {detail ? (
            <p className="mt-0.5 max-w-prose text-ink-soft">
              <Prose text={detail} />
            </p>
          ) : null}
          {known.notFound && detail !== t('notFoundDetail') && !small ? (
            <p className="mt-1 max-w-prose text-ink-soft">{t('notFoundDetail')}</p>
          ) : null}
          {wasChange ? (
            <p className="mt-1 text-ink-soft">
              {t(unsure ? 'problemMaybeChanged' : 'problemUnchanged')}
            </p>
          ) : null}
          <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-soft">
            {problem.code ? (
              <Link to="/docs/$" params={{ _splat: `errors/${problem.code}` }}>
                {t('problemCode')} {problem.code}
              </Link>
            ) : null}
            {problem.trace_id ? (
              <span className="inline-flex min-w-0 items-center gap-1">
                {t('problemTrace')} <Code className="truncate">{problem.trace_id}</Code>
                <CopyButton
                  text={problem.trace_id}
                  iconOnly
                  label={`${t('copy')}: ${t('problemTrace')}`}
                />
              </span>
            ) : null}
          </div>
          {(onRetry && known.worthRetrying) || problem.explain_id ? (
            <div className="mt-3 flex flex-wrap gap-2">
              {onRetry && known.worthRetrying ? (
                <Button size="small" onPress={onRetry}>
                  {t('retry')}
                </Button>
              ) : null}
              {problem.explain_id ? (
                <ButtonLink size="small" to="/access/explain" search={{ id: problem.explain_id }}>
                  {t('problemExplain')}
                </ButtonLink>
              ) : null}
            </div>
          ) : null}
        </div>
      </div>
    </div>
  );
}
