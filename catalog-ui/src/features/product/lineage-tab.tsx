import { ArrowDown, ArrowRight } from 'lucide-react';
import { type LineageAnswer, nearbyQuery } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { ButtonLink } from '@/ui/button';
import { ProductLink } from '@/ui/names';
import { Loaded } from '@/ui/states/loaded';

/** One step each way; the explorer goes further. */
export function LineageTab({ product }: { product: string }) {
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 text-ink-soft">{t('lineageHint')}</p>
        <ButtonLink to="/lineage" search={{ focus: product }}>
          {t('openExplorer')}
        </ButtonLink>
      </div>
      <Loaded query={nearbyQuery(product)} what={t('lineage')}>
        {(lineage) => <Neighbours lineage={lineage} product={product} />}
      </Loaded>
    </div>
  );
}

function Neighbours({ lineage, product }: { lineage: LineageAnswer; product: string }) {
  const up = lineage.nodes.filter((node) => node.hops < 0).map((node) => node.id);
  const down = lineage.nodes.filter((node) => node.hops > 0).map((node) => node.id);
  return (
    <div className="grid items-center gap-3 md:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)_auto_minmax(0,1fr)]">
      <Side title={t('upstream')} names={up} nothing={t('madeFromNothing')} />
      <Arrow />
      <div className="rounded-lg border-2 border-accent bg-accent-soft px-4 py-3 text-center">
        <p className="text-xs text-ink-soft">{t('here')}</p>
        <p className="font-semibold break-all">{product}</p>
      </div>
      <Arrow />
      <Side title={t('downstream')} names={down} nothing={t('feedsNothing')} />
    </div>
  );
}

function Arrow() {
  return (
    <span className="justify-self-center text-ink-faint">
      <ArrowRight aria-hidden className="size-5 max-md:hidden" />
      <ArrowDown aria-hidden className="size-5 md:hidden" />
    </span>
  );
}

function Side({
  title,
  names,
  nothing,
}: {
  title: string;
  names: readonly string[];
  nothing: string;
}) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-sm font-medium text-ink-soft">{title}</h2>
      {names.length === 0 ? (
        <p className="rounded-lg border border-dashed border-line-strong px-4 py-3 text-ink-soft">
          {nothing}
        </p>
      ) : (
        <ul className="flex flex-col gap-2" data-list>
          {names.map((name) => (
            <li
              key={name}
              className="rounded-lg border border-line bg-surface px-4 py-2.5 break-all shadow-low"
            >
              <ProductLink name={name} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
