import { CircleUser, Columns3, type LucideIcon, Package, Table2 } from 'lucide-react';
import { Fragment, memo, type ReactNode } from 'react';
import type { SearchHit, SearchMatch } from '@/api/search';
import { t } from '@/features/search/words';
import { Status } from '@/ui/badge';
import { Link } from '@/ui/link';
import { DomainLink, lastPart, productOf } from '@/ui/names';

const icons: Record<string, LucideIcon> = {
  product: Package,
  port: Table2,
  column: Columns3,
  person: CircleUser,
};

/** Marks the words that were found; offsets count as JavaScript counts. */
export function highlighted(text: string, offsets: readonly (readonly number[])[]): ReactNode {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [from = 0, to = 0] of offsets) {
    if (from < at || to > text.length) continue;
    parts.push(text.slice(at, from));
    parts.push(
      <mark
        key={from}
        className="rounded-xs bg-warn-soft font-medium text-ink underline decoration-warn-mark"
      >
        {text.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  parts.push(text.slice(at));
  return parts.map((part, index) => <Fragment key={index}>{part}</Fragment>);
}

/** The part of a long text around its first hit, with offsets that fit it. */
export function excerpt(
  match: Pick<SearchMatch, 'text' | 'offsets'>,
  around = 60,
): { text: string; offsets: number[][] } {
  const first = match.offsets[0]?.[0] ?? 0;
  const start = Math.max(0, first - around);
  const end = Math.min(match.text.length, first + around * 2);
  const lead = start > 0 ? '…' : '';
  const text = `${lead}${match.text.slice(start, end)}${end < match.text.length ? '…' : ''}`;
  const shift = lead.length - start;
  const offsets = match.offsets
    .filter(([, to = 0]) => to <= end)
    .map(([from = 0, to = 0]) => [from + shift, to + shift]);
  return { text, offsets };
}

function ofThing(hit: SearchHit, field: string): SearchMatch | undefined {
  return hit.matched.find((match) => match.field === field && !match.of);
}

export const Hit = memo(function Hit({ hit }: { hit: SearchHit }) {
  const Icon = icons[hit.kind] ?? Package;
  const description = ofThing(hit, 'description');
  const shownElsewhere = new Set([ofThing(hit, 'name'), ofThing(hit, 'title'), description]);
  const others = hit.matched.filter((match) => !shownElsewhere.has(match));
  return (
    <li
      data-port={hit.port ?? undefined}
      className="flex gap-3 py-3.5 [content-visibility:auto] [contain-intrinsic-size:auto_6rem] first:pt-0"
    >
      <Icon aria-hidden className="mt-0.5 size-4.5 shrink-0 text-ink-faint" strokeWidth={1.75} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
          <HitLink hit={hit} />
          <span className="text-sm text-ink-faint">
            {t('kindOf', hit.kind)}
            {hit.kind === 'person' ? null : (
              <>
                {' · '}
                <DomainLink name={hit.domain} />
              </>
            )}
          </span>
          {hit.kind === 'person' ? null : (
            <span className="text-sm sm:ml-auto">
              <Access hit={hit} />
            </span>
          )}
        </div>
        {hit.description ? (
          <p className="mt-0.5 line-clamp-2 max-w-3xl text-ink-soft">
            {description ? highlighted(description.text, description.offsets) : hit.description}
          </p>
        ) : null}
        {others.length > 0 || hit.moreMatches > 0 ? (
          <p className="mt-1 text-sm text-ink-soft">
            <span className="text-ink-faint">{t('matched')}: </span>
            {others.slice(0, 4).map((match, at) => (
              <Fragment key={`${match.field} ${match.of} ${match.text}`}>
                {at > 0 ? ' · ' : ''}
                <Matched match={match} />
              </Fragment>
            ))}
            {hit.moreMatches + Math.max(0, others.length - 4) > 0 ? (
              <span className="ml-1.5">
                <span aria-hidden>
                  {t('more', hit.moreMatches + Math.max(0, others.length - 4))}
                </span>
                <span className="sr-only">
                  {t('moreMatches', hit.moreMatches + Math.max(0, others.length - 4))}
                </span>
              </span>
            ) : null}
          </p>
        ) : null}
      </div>
    </li>
  );
});

function Matched({ match }: { match: SearchMatch }) {
  const { text, offsets } = excerpt(match);
  const isName = match.field === 'column' || match.field === 'port';
  return (
    <span>
      {t('field', match.field)}{' '}
      {match.of && !isName ? <span className="font-mono">{match.of}: </span> : null}
      <span className={isName ? 'font-mono' : undefined}>{highlighted(text, offsets)}</span>
    </span>
  );
}

function HitLink({ hit }: { hit: SearchHit }) {
  const name = ofThing(hit, 'name');
  const title = ofThing(hit, 'title');
  const shown = hit.kind === 'person' ? (hit.title ?? hit.id) : hit.id;
  // Offsets are those of the last part of the name; the whole of it is shown.
  const shift = name && shown.endsWith(name.text) ? shown.length - name.text.length : null;
  const marked =
    name && shift !== null
      ? highlighted(
          shown,
          name.offsets.map(([from = 0, to = 0]) => [from + shift, to + shift]),
        )
      : shown;
  const link = 'text-lg font-semibold text-accent-ink wrap-anywhere';
  const label = (
    <>
      {marked}
      {hit.kind === 'product' && hit.title && hit.title !== hit.id ? (
        <span className="ml-2 text-base font-normal text-ink-soft">
          {title ? highlighted(title.text, title.offsets) : hit.title}
        </span>
      ) : null}
    </>
  );
  if (hit.kind === 'person' || !hit.product) {
    return (
      <Link
        to="/domains/$domain"
        params={{ domain: hit.domain }}
        look="plain"
        className={link}
        data-list-item
      >
        {label}
      </Link>
    );
  }
  const search =
    hit.kind === 'product'
      ? {}
      : {
          tab: 'schema',
          port: hit.port ? lastPart(hit.port) : undefined,
          col: hit.column ?? undefined,
        };
  return (
    <Link
      to="/p/$domain/$product"
      params={productOf(hit.product)}
      search={search}
      look="plain"
      className={link}
      data-list-item
    >
      {label}
    </Link>
  );
}

/** What the person can do with the hit, without another call. */
function Access({ hit }: { hit: SearchHit }) {
  if (!hit.canQuery) return <Status tone="hidden">{t('noAccess')}</Status>;
  if (hit.columnsReadable < hit.columnsTotal) {
    return (
      <Status tone="masked">{t('columnsClear', hit.columnsReadable, hit.columnsTotal)}</Status>
    );
  }
  return <Status tone="good">{t('youCanQuery')}</Status>;
}
