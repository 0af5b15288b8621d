import { useSession } from '@/app/session';
import type { ProductAnswer } from '@/features/product/queries';
import { agingLevels, freshness, isHeldBack, seenOf } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { Badge, Status } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { DateTime } from '@/ui/date-time';
import { KeyValue } from '@/ui/key-value';
import { Link, OutLink } from '@/ui/link';
import { DomainLink, productOf } from '@/ui/names';
import { Prose } from '@/ui/prose';
import { useStale } from '@/ui/states/stale';

/** The three questions of a product: can I use it, is it good now, who answers. */
export function OverviewCards({ product }: { product: ProductAnswer }) {
  return (
    <div className="grid grid-cols-[repeat(auto-fit,minmax(min(17rem,100%),1fr))] gap-5">
      <CanIUseIt product={product} />
      <IsItGood product={product} />
      <WhoAnswers product={product} />
    </div>
  );
}

function CanIUseIt({ product }: { product: ProductAnswer }) {
  const { me } = useSession();
  const stale = useStale();
  const columns = product.ports.flatMap((port) => port.columns);
  const seen = seenOf(columns);
  const denied = product.ports.filter((port) => !port.readable);
  const filtered = product.ports.some((port) => port.readable && port.hidesRows);
  // What is asked for first: the port with the most to ask for.
  const wanted = [...product.ports].sort(
    (a, b) => b.columns.filter(isHeldBack).length - a.columns.filter(isHeldBack).length,
  )[0];
  const held = wanted?.columns.filter((column) => column.sees !== 'clear') ?? [];
  const nothing = denied.length === product.ports.length;

  return (
    <Card
      title={t('canIUse')}
      footer={
        wanted && held.length > 0 ? (
          <>
            {stale ? null : (
              <ButtonLink
                size="small"
                kind="primary"
                to="/requests"
                search={{
                  new: '1',
                  port: wanted.name,
                  columns: wanted.readable
                    ? held.map((column) => column.name).join(',')
                    : undefined,
                }}
              >
                {t(nothing ? 'requestAccess' : 'requestRest')}
              </ButtonLink>
            )}
            <ButtonLink
              size="small"
              kind="quiet"
              to="/access/explain"
              search={{ who: me.principal, what: wanted.name }}
              data-why
            >
              {t('why')}
            </ButtonLink>
          </>
        ) : undefined
      }
    >
      <p className="text-lg font-medium">
        {nothing
          ? t('readNone')
          : seen.clear === seen.all
            ? t('readAll', seen.all)
            : t('readSome', seen.clear, seen.all)}
      </p>
      <div className="mt-1.5 flex flex-wrap gap-1.5">
        {seen.masked > 0 ? <Badge tone="masked">{t('masked', seen.masked)}</Badge> : null}
        {seen.hidden > 0 ? <Badge tone="hidden">{t('hidden', seen.hidden)}</Badge> : null}
        {denied.length > 0 && !nothing ? (
          <Badge tone="hidden">{t('portsDenied', denied.length)}</Badge>
        ) : null}
      </div>
      {filtered ? <p className="mt-2 text-sm text-ink-soft">{t('rowsFiltered')}</p> : null}
    </Card>
  );
}

const freshWords = {
  kept: { tone: 'good', word: 'promiseKept' },
  broken: { tone: 'bad', word: 'promiseBroken' },
  unknown: { tone: 'waiting', word: 'promiseUnknown' },
} as const;

function IsItGood({ product }: { product: ProductAnswer }) {
  const fresh = freshness(product.ports);
  const quality = { passed: 0, failed: 0, unknown: 0 };
  for (const port of product.ports) {
    quality.passed += port.quality.passed;
    quality.failed += port.quality.failed;
    quality.unknown += port.quality.unknown;
  }
  const all = quality.passed + quality.failed + quality.unknown;
  const broken = agingLevels(product.ports).find((level) => level.outcome === 'failed');
  return (
    <Card
      title={t('isItGood')}
      aside={
        <Link
          to="/p/$domain/$product"
          params={productOf(product.name)}
          search={{ tab: 'quality' }}
          look="plain"
        >
          {t('quality')}
        </Link>
      }
    >
      <KeyValue
        look="tight"
        rows={[
          [
            t('fresh'),
            fresh === null ? (
              <span className="text-ink-faint">{t('noPromise')}</span>
            ) : (
              <span>
                <Status tone={freshWords[fresh].tone}>{t(freshWords[fresh].word)}</Status>
                {broken?.message ? (
                  <span className="block text-sm text-ink-soft">
                    <Prose text={broken.message} />
                  </span>
                ) : null}
              </span>
            ),
          ],
          [
            t('tests'),
            all === 0 ? (
              <span className="text-ink-faint">{t('checksNone')}</span>
            ) : quality.failed > 0 ? (
              <Status tone="bad">{t('checksFailed', quality.failed, all)}</Status>
            ) : quality.unknown > 0 ? (
              <Status tone="waiting">{t('checksUnknown', quality.unknown)}</Status>
            ) : (
              <Status tone="good">{t('checksAll', quality.passed)}</Status>
            ),
          ],
          [t('released'), <DateTime at={product.at} look="ago" />],
        ]}
      />
    </Card>
  );
}

function Contact({ contact }: { contact: string }) {
  if (/^https?:\/\//.test(contact)) return <OutLink href={contact}>{contact}</OutLink>;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) {
    return <OutLink href={`mailto:${contact}`}>{contact}</OutLink>;
  }
  return contact;
}

function WhoAnswers({ product }: { product: ProductAnswer }) {
  return (
    <Card
      title={t('whoAnswers')}
      aside={product.answers ? <Badge tone="accent">{t('youAnswer')}</Badge> : null}
    >
      <KeyValue
        look="tight"
        rows={[
          [t('owner'), product.owner],
          [t('domain'), <DomainLink name={productOf(product.name).domain} />],
          [
            t('contact'),
            product.contact ? (
              <span className="wrap-anywhere">
                <Contact contact={product.contact} />
              </span>
            ) : (
              <span className="text-ink-faint">{t('noContact')}</span>
            ),
          ],
        ]}
      />
    </Card>
  );
}
