import type { PortAnswer, ProductAnswer } from '@/features/product/queries';
import { lengthOfTime } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { GlossaryTerm } from '@/ui/glossary-term';
import { PortLink } from '@/ui/names';

type View = NonNullable<PortAnswer['featureView']>;

/** Of which entity a feature view speaks, from when on, and for how long. */
export function FeatureView({ view }: { view: View }) {
  const facts = [
    [t('entity'), view.entity],
    [t('eventTime'), [view.eventTime]],
    ...(view.createdTime ? [[t('createdTime'), [view.createdTime]] as const] : []),
  ] as const;
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1">
      {facts.map(([word, columns]) => (
        <span key={word} className="wrap-anywhere">
          <span className="text-ink-soft">{word}</span> <Code>{columns.join(', ')}</Code>
        </span>
      ))}
      <span>
        <span className="text-ink-soft">{t('timeToLive')}</span>{' '}
        {view.ttlMs ? lengthOfTime(view.ttlMs) : t('forEver')}
      </span>
      <span className="text-ink-soft">{t('featuresCounted', view.features.length)}</span>
    </p>
  );
}

/** Features that are asked for together: what each service takes of which view. */
export function FeatureServices({ product }: { product: ProductAnswer }) {
  if (product.features.length === 0) return null;
  return (
    <Card title={<GlossaryTerm term="feature service">{t('featureServices')}</GlossaryTerm>}>
      <ul className="flex flex-col gap-4">
        {product.features.map((service) => (
          <li key={service.name}>
            <p className="font-medium wrap-anywhere">
              <Code>{`${product.name}.${service.name}`}</Code>
            </p>
            {service.description ? (
              <p className="mt-0.5 text-ink-soft">{service.description}</p>
            ) : null}
            <ul className="mt-3 grid grid-cols-[repeat(auto-fit,minmax(min(24rem,100%),1fr))] gap-x-5 gap-y-3">
              {service.parts.map((part) => (
                <li key={`${part.view} ${part.prefix ?? ''}`} className="text-sm wrap-anywhere">
                  <PortLink name={part.view} />
                  {Object.entries(part.keys).map(([of, by]) => (
                    <span key={of} className="text-ink-soft">
                      {' · '}
                      {t('foundBy', of, by)}
                    </span>
                  ))}
                  <p>
                    <Code>
                      {part.features
                        .map((name) => (part.prefix ? `${part.prefix}__${name}` : name))
                        .join(', ')}
                    </Code>
                  </p>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Card>
  );
}
