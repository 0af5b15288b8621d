import { SlidersHorizontal } from 'lucide-react';
import { type ReactNode, type Ref, useSyncExternalStore } from 'react';
import type { SearchAnswer } from '@/api/search';
import type { SearchQuestion } from '@/features/search/queries';
import { t } from '@/features/search/words';
import { cx } from '@/ui/cx';
import { Link } from '@/ui/link';
import { formatNumber } from '@/words/define';

export interface FacetsProps {
  ref: Ref<HTMLElement>;
  question: SearchQuestion;
  answer: SearchAnswer;
}

const wide = '(min-width: 64rem)';

function useWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(wide);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => window.matchMedia(wide).matches,
  );
}

/** What the hits can be narrowed to, each with how many there are. Links, so that each narrowing has an address. */
export function Facets({ ref, question, answer }: FacetsProps) {
  const { kinds, domains, canQuery } = answer.facets;
  const isWide = useWide();
  const groups = (
    <div className="flex flex-col gap-5 max-lg:flex-row max-lg:flex-wrap max-lg:gap-x-8 max-lg:pt-3">
      <Group title={t('kind')}>
        <Choice question={question} name="kind" value={undefined} label={t('all')} />
        {kinds.map((kind) => (
          <Choice
            key={kind.name}
            question={question}
            name="kind"
            value={kind.name}
            label={t('kinds', kind.name)}
            count={kind.count}
          />
        ))}
      </Group>
      {domains.length > 0 ? (
        <Group title={t('domain')}>
          <Choice question={question} name="domain" value={undefined} label={t('all')} />
          {domains.map((domain) => (
            <Choice
              key={domain.name}
              question={question}
              name="domain"
              value={domain.name}
              label={domain.name}
              count={domain.count}
            />
          ))}
        </Group>
      ) : null}
      <Group title={t('access')}>
        <Choice question={question} name="can_query" value={undefined} label={t('all')} />
        <Choice
          question={question}
          name="can_query"
          value="true"
          label={t('canQuery')}
          count={canQuery}
        />
      </Group>
    </div>
  );
  return (
    <section ref={ref} aria-label={t('filters')} className="lg:sticky lg:top-18">
      {isWide ? (
        groups
      ) : (
        <details className="rounded-lg border border-line bg-surface px-4 py-2">
          <summary className="flex min-h-7 cursor-pointer items-center gap-2 rounded-sm font-medium">
            <SlidersHorizontal aria-hidden className="size-4 text-ink-soft" />
            {t('filters')}
          </summary>
          {groups}
        </details>
      )}
    </section>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h2 className="mb-1 text-xs font-medium text-ink-soft">{title}</h2>
      <ul className="flex flex-col gap-0.5">{children}</ul>
    </div>
  );
}

interface ChoiceProps {
  question: SearchQuestion;
  name: 'kind' | 'domain' | 'can_query';
  value: string | undefined;
  label: string;
  count?: number;
}

function Choice({ question, name, value, label, count }: ChoiceProps) {
  const chosen = question[name] === value;
  return (
    <li>
      <Link
        to="/search"
        search={{ ...question, [name]: value }}
        replace
        look="bare"
        aria-current={chosen ? 'true' : undefined}
        activeProps={{}}
        className={cx(
          '-mx-2 flex min-h-7 items-center gap-3 rounded-md px-2',
          chosen
            ? 'bg-accent-soft font-medium text-accent-ink'
            : 'text-ink-soft data-hovered:bg-hover',
        )}
      >
        <span className="min-w-0 flex-1 truncate">{label}</span>
        {count === undefined ? null : (
          <span className={cx('text-sm', chosen ? 'text-accent-ink' : 'text-ink-faint')}>
            {formatNumber(count)}
          </span>
        )}
      </Link>
    </li>
  );
}
